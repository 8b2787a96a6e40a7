#!/usr/bin/env python3
"""Checks every program in Markdown pages: `test/docs.py dyn PAGE...`.

A fenced block marked `dyn` with a `train` block must run, all claims holding; one
that reads a file must pass `dyn check`.
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
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/program.dyn", "w") as f:
                f.write(block)
            command = [sys.argv[1], "run", "program.dyn", "--no-run-dir", "--quiet"]
            if ": path" in block:
                command = [sys.argv[1], "check", "program.dyn"]
            run = subprocess.run(command, capture_output=True, text=True, cwd=folder,
                                 stdin=subprocess.DEVNULL)
            if run.returncode:
                bad += 1
                print(page, block, run.stdout, run.stderr)
print(f"{count} programs checked, {bad} wrong")
sys.exit(bad != 0)
