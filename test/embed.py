#!/usr/bin/env python3
"""Installs into a scratch prefix, builds the programs of examples/embed by the README's commands, and
compares what they print.

usage: test/embed.py BUILD FOLDER [TABLE]

TABLE is a CSV file whose last column is another signal.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

source = pathlib.Path(__file__).resolve().parent.parent
build, work = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
table = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else source / "../shared/data/series/ETTh1.csv"
examples = source / "examples/embed"


def run(*command, **more):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, **more)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
                 f"ended with status {done.returncode}")
    return done.stdout + done.stderr


def errors(text):
    """The two columns of a program's table."""
    return [(float(a), float(b)) for a, b in re.findall(r"^ +\d+ +(\S+) +(\S+)$", text, re.M)]


shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
block = re.search(r"```sh\n(.*?)```", (examples / "README.md").read_text(), re.S)[1]
first, rest = block.split("\n", 1)
assert first.startswith("source="), first
where = f"set -e\nsource={source} build={build} work={work}\n"
environment = dict(os.environ, CXX="/usr/lib/llvm-22/bin/clang++", CMAKE_GENERATOR="Ninja")
said = run("sh", "-c", where + rest, env=environment)
print(next(l for l in said.splitlines() if l.startswith("compiled in")))

rows = errors((work / "ahead.txt").read_text())
assert len(rows) == 20, rows
learning, frozen = zip(*rows)
print("errors of the next value:", *learning)
assert learning[9] < learning[0] / 4, "learns the first signal"
assert learning[10] > 2 * learning[9], "the signal changes"
assert learning[19] < learning[10] / 4, "learns the second signal"
assert frozen[19] > 4 * learning[19], "who stopped learning does not know it"

needed = run("ldd", work / "ahead/ahead")
assert "LLVM" not in needed and "dyn_host" not in needed, needed
assert "dyn_host" in run("ldd", work / "online/online"), "the compiler is a library of its own"
saved = [(work / f"{app}.safetensors") for app in ("online", "ahead")]
for app, path in zip(("online", "ahead"), saved):
    flags = [examples / "regressor.dyn"] if app == "online" else []
    text = run(work / app / app, *flags, cwd=work)
    shutil.move(work / "regressor.safetensors", path)
assert saved[0].read_bytes() == saved[1].read_bytes(), "saved files differ"

if table.exists():
    texts = [subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=work).stdout
             for command in ([work / "online/online", examples / "regressor.dyn", table],
                             [work / "ahead/ahead", table])]
    assert texts[0] == texts[1] and len(errors(texts[0])) == 20, texts
    print(f"{table.name}:", *(a for a, _ in errors(texts[1])))
else:
    print(f"skipped: {table} is not here")

# A prefix may be moved: the tool finds its modules beside it.
moved = work / "moved"
(work / "prefix").rename(moved)
run(moved / "bin/dyn", "build", "--lib", examples / "regressor.dyn", "--no-cache", "-o", work / "again")

# Without CMake: what pkg-config says of the moved prefix links the same program.
if shutil.which("pkg-config"):
    where = dict(os.environ, PKG_CONFIG_PATH=str(next(moved.glob("lib*/**/pkgconfig"))))
    cflags, libs = (run("pkg-config", what, "dyn-runtime", env=where).split()
                    for what in ("--cflags", "--libs"))
    run("/usr/lib/llvm-22/bin/clang++", "-std=c++20", "-O2", *cflags, f"-I{work}/again",
        examples / "ahead/ahead.cpp", work / "again/libregressor.a", *libs, "-o", work / "plain")
    text = run(work / "plain", cwd=work)
    assert errors(text) == rows, text
    assert (work / "regressor.safetensors").read_bytes() == saved[1].read_bytes(), "saved files differ"
    print("pkg-config:", *libs[1:])
else:
    print("skipped: pkg-config is not installed")
