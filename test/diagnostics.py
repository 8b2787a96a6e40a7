#!/usr/bin/env python3
"""Names every error code that no test provokes: `test/diagnostics.py SOURCE`.

A code of Diagnostics.def counts when a file that lit runs checks all of a rendering: a FileCheck
line with `error[CODE]`, the next one with the place, one with the carets and one with a way out.
A code of an Errors.def counts when such a line has `error[CODE]`, or a GoogleTest expects the code.
A code that no source reports is named too.
"""
import pathlib
import re
import sys

source = pathlib.Path(sys.argv[1])
test = source / "test"


def registered(path, macro):
    return re.findall(rf"^{macro}\((E\d+)", (source / path).read_text(), re.M)


def checks(path):
    """The FileCheck lines of a file that one of its RUN lines uses, in order."""
    lines = path.read_text(errors="replace").splitlines()
    prefixes = set()
    for line in lines:
        if "RUN:" in line and "FileCheck" in line:
            given = re.findall(r"--check-prefix(?:es)?[= ]([\w,-]+)", line)
            prefixes.update(p for g in given for p in g.split(","))
            if not given:
                prefixes.add("CHECK")
    kinds = r"(?:-NEXT|-SAME|-DAG)?"
    pattern = re.compile(rf"^\W*(?:{'|'.join(map(re.escape, prefixes))}){kinds}:\s*(.*)$")
    return [m[1] for m in map(pattern.match, lines) if m] if prefixes else []


def isWhole(lines):
    """Whether a rendering is checked: its place, its carets, its way out."""
    return (len(lines) > 1 and re.search(r":\d+:\d+", lines[1]) and
            any(re.search(r"\|\s*\^+", l) for l in lines) and
            any("= help: " in l or "]: expected " in l for l in lines))


whole, said = set(), set()
for folder in ("lit", "cli"):
    for path in (test / folder).rglob("*"):
        if path.suffix not in (".dyn", ".mlir", ".test") or "Inputs" in path.parts:
            continue
        lines = checks(path)
        starts = [i for i, l in enumerate(lines) if re.search(r"error\[E\d+\]", l)]
        for at, end in zip(starts, starts[1:] + [len(lines)]):
            code = re.search(r"error\[(E\d+)\]", lines[at])[1]
            said.add(code)
            if isWhole(lines[at:end]):
                whole.add(code)
for path in [*(test / "runtime").glob("*.cpp"), *(test / "unit" / "host").glob("*.cpp")]:
    said.update(re.findall(r'"(E\d+)["\]]', path.read_text()))

reported = set()
for room in ("dsl", "compiler", "runtime", "host"):
    for path in [*(source / room).rglob("*.cpp"), *(source / room).rglob("*.h")]:
        reported.update(re.findall(r'(?:Diag::|Code::|"\[|error\[)(E\d+)', path.read_text()))

language = registered("dsl/diagnostics/Diagnostics.def", "DYN_DIAG")
runtime = registered("runtime/src/Errors.def", "DYN_RT_ERROR")
host = registered("host/src/Errors.def", "DYN_HOST_ERROR")
wrong = [f"{c}: no source reports it" for c in language + runtime + host if c not in reported]
wrong += [f"{c}: no test checks its message, place, carets and help" for c in language
          if c not in whole]
wrong += [f"{c}: no test provokes it" for c in runtime + host if c not in said]
print("\n".join(wrong + [f"{len(language) + len(runtime) + len(host)} codes, {len(wrong)} not proved"]))
sys.exit(bool(wrong))
