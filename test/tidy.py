#!/usr/bin/env python3
"""Runs clang-tidy with the repository's .clang-tidy: `test/tidy.py BUILD [WORD...]`.

Over all sources of the compiler, the language and the runtime, or those whose path holds one of
the words. The build folder must be built, for its generated headers. Ends with status 1 when
there is a finding.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
build, words = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]
files = sorted({entry["file"] for entry in json.load(open(build / "compile_commands.json"))})
files = [f for f in files
         if any(f.startswith(f"{ROOT}/{room}/") for room in ("compiler", "dsl", "runtime")) and
         not f.startswith(f"{build}/") and
         (not words or any(w in f[len(str(ROOT)):] for w in words))]


def tidy(file):
    run = subprocess.run(["clang-tidy-22", "-p", build, "--quiet", file], capture_output=True,
                         text=True)
    return file, run.returncode, run.stdout


bad = 0
with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    for file, code, said in pool.map(tidy, files):
        if code:
            bad += 1
            print(said.strip(), flush=True)
print(f"{len(files)} sources, {bad} with findings")
sys.exit(bool(bad))
