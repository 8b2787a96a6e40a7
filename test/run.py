#!/usr/bin/env python3
"""Runs every test of a build folder and prints one line of totals.

usage: test/run.py BUILD [lit filter]
"""
import json
import os
import re
import subprocess
import sys
import tempfile

build = os.path.abspath(sys.argv[1])
root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
passed = failed = skipped = 0
if not os.path.isdir(os.path.join(build, "test")):
    sys.exit(f"{build} holds no tests: configure with -DDYN_TESTS=ON and build all, as .ci/test does")


def gtest(binary):
    global passed, failed
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        run = subprocess.run([binary, "--gtest_brief=1", f"--gtest_output=json:{report.name}"])
        try:
            total = json.load(open(report.name))
            passed += total["tests"] - total["failures"] - total["disabled"]
            failed += total["failures"]
        except (ValueError, KeyError):
            print(f"{binary} ended with status {run.returncode} and no report")
            failed += 1


def lit():
    global passed, failed, skipped
    with tempfile.NamedTemporaryFile(suffix=".json") as report:
        extra = ["--filter", sys.argv[2]] if len(sys.argv) > 2 else []
        subprocess.run(["/usr/lib/llvm-22/bin/lit", "-q", "--output", report.name, *extra,
                        os.path.join(build, "test", "lit")])
        for test in json.load(open(report.name))["tests"]:
            code = test["code"]
            if code in ("PASS", "XFAIL"):
                passed += 1
            elif code in ("UNSUPPORTED", "SKIPPED"):
                skipped += 1
                print("skipped:", test["name"])
            else:
                failed += 1


for name in sorted(os.listdir(os.path.join(build, "bin"))):
    if re.fullmatch(r"[a-z]+-tests", name):
        gtest(os.path.join(build, "bin", name))
lit()
if skipped:
    print(f"{skipped} skipped")
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
