#!/usr/bin/env python3
"""Damaged programs through the whole front end: `test/fuzz/programs.py DYN [SECONDS [SEED]]`.

Takes the programs of the tests, the examples and the library apart into words, drops, repeats,
swaps and borrows some, and asks `dyn check` about the result. It must end with status 0 or 1
within 20 seconds; what does not is kept in the current folder and named. Ends with status 1 then.
"""
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
dyn, seconds = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 600
rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 0)
WORD = re.compile(r"\s+|//[^\n]*|\"[^\"\n]*\"|[A-Za-z_]\w*|\d[\w.]*|\.\.+=?|\S")

programs = []
for folder in ("test/lit", "test/cli", "examples", "lib"):
    for path in sorted((ROOT / folder).rglob("*.dyn")):
        words = [w for w in WORD.findall(path.read_text()) if not w.startswith("//")]
        if len(words) < 2000:
            programs.append(words)
for block in re.findall(r"```dyn\n(.*?)```", (ROOT / "docs/language.md").read_text(), re.S):
    programs.append(WORD.findall(block))
everything = sorted({w for words in programs for w in words if w.strip()}) + \
    ["0", "-1", "9223372036854775807", "1e308", "[", "]", "[0]", "(", ")", "{", "}", ".."]


def damaged():
    words = list(rng.choice(programs))
    for _ in range(rng.choice((1, 1, 2, 3, 5))):
        at = rng.randrange(len(words))
        kind = rng.randrange(6)
        if kind == 0:
            del words[at:at + rng.choice((1, 1, 2, 8))]
        elif kind == 1:
            words.insert(at, rng.choice(everything))
        elif kind == 2:
            words[at] = rng.choice(everything)
        elif kind == 3:
            other = rng.randrange(len(words))
            words[at], words[other] = words[other], words[at]
        elif kind == 4:
            words[at:at] = words[at:at + rng.choice((1, 4, 16))]
        else:
            other = rng.choice(programs)
            start = rng.randrange(len(other))
            words[at:at] = other[start:start + rng.choice((4, 16))]
        if not words:
            break
    return "".join(words)


end, count, bad = time.time() + seconds, 0, 0
with tempfile.NamedTemporaryFile("w", suffix=".dyn") as file:
    while time.time() < end:
        text = damaged()
        file.seek(0)
        file.truncate()
        file.write(text)
        file.flush()
        count += 1
        try:
            run = subprocess.run([dyn, "check", file.name], capture_output=True, timeout=20)
            status = run.returncode
        except subprocess.TimeoutExpired:
            status = "no end"
        if status not in (0, 1):
            bad += 1
            kept = pathlib.Path(f"crash-{count}.dyn")
            kept.write_text(text)
            print(f"{kept}: {status}", flush=True)
print(f"{count} programs, {bad} crashed the compiler")
sys.exit(bool(bad))
