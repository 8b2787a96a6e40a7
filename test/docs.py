#!/usr/bin/env python3
"""Checks every program in Markdown pages: `test/docs.py dyn PAGE...`.

A fenced block marked `dyn` with a `train` block must pass `dyn check`.
"""
import re
import subprocess
import sys
import tempfile

bad = count = 0
for page in sys.argv[2:]:
    for block in re.findall(r"```dyn\n(.*?)```", open(page).read(), re.S):
        if "train {" not in block:
            continue
        count += 1
        with tempfile.NamedTemporaryFile("w", suffix=".dyn") as f:
            f.write(block)
            f.flush()
            run = subprocess.run([sys.argv[1], "check", f.name], capture_output=True, text=True)
            if run.returncode:
                bad += 1
                print(page, block, run.stderr)
print(f"{count} programs checked, {bad} wrong")
sys.exit(bad != 0)
