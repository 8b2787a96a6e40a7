#!/usr/bin/env python3
"""Kills a program again and again, resumes it, and compares its end with a run never stopped.

usage: test/resume.py [--runs N] [--kills N] [--seed S] [--folder DIR] [--checkpoint every=N] PROGRAM [FLAG...]

PROGRAM is a native binary. Each kill is a SIGKILL at a random moment after a random
step; equal are the newest checkpoint, everything that was saved, metrics.csv and
claims.json, byte for byte. With --runs, so many runs are killed --kills times each; then
a first kill waits for a checkpoint. Prints at which steps the runs went on.
"""
import argparse
import filecmp
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time


def lines(path):
    try:
        with open(path, "rb") as f:
            return f.read().count(b"\n")
    except FileNotFoundError:
        return 0


def newest(run):
    with open(os.path.join(run, "checkpoints", "latest")) as f:
        return os.path.join("checkpoints", f.readline().strip())


def start(flags):
    flags = [*command, "--quiet", "--checkpoint", options.checkpoint, *flags]
    return subprocess.Popen(flags,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(process):
    said = process.communicate()[1]
    if process.returncode not in (0, 3):
        sys.exit(f"the program ended with {process.returncode}:\n{said}")
    return said


def kill_after(process, run, step):
    """What the program said; None when it was faster."""
    latest = os.path.join(run, "checkpoints", "latest")
    while lines(os.path.join(run, "metrics.jsonl")) < step or (options.runs and not os.path.exists(latest)):
        if process.poll() is not None:
            return None
        time.sleep(0.0005)
    time.sleep(random.random() * 0.01)
    process.kill()
    said = process.communicate()[1]
    return said if process.returncode == -9 else None


def killed_and_resumed(part, total):
    """How many kills the run outlived, and the steps at which it began."""
    metrics = os.path.join(part, "metrics.jsonl")
    kills, begins, done = 0, [], False
    while not done:
        if not os.path.exists(os.path.join(part, "checkpoints", "latest")):
            shutil.rmtree(part, ignore_errors=True)  # killed before there was anything to go on from
            process = start(["--run-dir", part])
        else:
            process = start(["--resume", part])
        said, at, left = None, lines(metrics), options.kills - kills
        if left:
            said = kill_after(process, part,
                              random.randint(at, at + 2 * max(total - at, 0) // (left + 1)))
        if said is None:
            said, done = finish(process), True
        else:
            kills += 1
        went_on = re.search(r"resumed at step (\d+)", said)
        begins.append(int(went_on[1]) if went_on else 0)
    return kills, begins


def differences(whole, part):
    different = []
    if newest(whole) != newest(part):
        different.append(f"{newest(whole)} and {newest(part)}")
    for base, _, files in os.walk(whole):
        for name in files:
            path = os.path.relpath(os.path.join(base, name), whole)
            if path.endswith(".safetensors") or name in ("metrics.csv", "claims.json", "data.json"):
                if path.startswith("checkpoints/") and path != newest(whole):
                    continue  # a resumed run may have written it at another time
                other = os.path.join(part, path)
                if not os.path.exists(other) or not filecmp.cmp(os.path.join(whole, path), other, False):
                    different.append(path)
    return different + [n for run in (part, os.path.join(part, "checkpoints")) for n in os.listdir(run)
                        if ".tmp-" in n]


parser = argparse.ArgumentParser()
parser.add_argument("--runs", type=int, default=0)
parser.add_argument("--kills", type=int, default=None)
parser.add_argument("--seed", type=int, default=None)
parser.add_argument("--folder", default=None)
parser.add_argument("--checkpoint", default="every=10")
parser.add_argument("command", nargs=argparse.REMAINDER)
options = parser.parse_args()
if options.kills is None:
    options.kills = 1 if options.runs else 20
command = options.command
seed = options.seed if options.seed is not None else random.randrange(1 << 30)
random.seed(seed)
folder = options.folder or tempfile.mkdtemp(prefix="dyn-resume-")
whole, part = os.path.join(folder, "whole"), os.path.join(folder, "part")
shutil.rmtree(whole, ignore_errors=True)

finish(start(["--run-dir", whole]))
total = lines(os.path.join(whole, "metrics.jsonl"))
wrong = 0
for run in range(options.runs or 1):
    shutil.rmtree(part, ignore_errors=True)
    kills, begins = killed_and_resumed(part, total)
    different = differences(whole, part)
    wrong += bool(different)
    print(f"seed {seed}, run {run}: {kills} kills in {total} lines; went on at steps {begins[1:]}:",
          " ".join(["DIFFERENT:", *different]) if different
          else f"equal to the byte: {newest(whole)} and everything saved", flush=True)
if wrong:
    print(f"{wrong} runs differ; see {folder}")
    sys.exit(1)
if not options.folder:
    shutil.rmtree(folder)
