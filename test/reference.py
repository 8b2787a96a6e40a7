#!/usr/bin/env python3
"""Checks that docs/dialect.md and docs/passes.md are what the definitions say.

usage: test/reference.py [--write]
"""
import difflib
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LLVM = pathlib.Path("/usr/lib/llvm-22")
NOTE = "<!-- Made by test/reference.py --write from the definitions in {}. -->\n\n"


def tblgen(mode, file, *flags):
    run = subprocess.run([LLVM / "bin/mlir-tblgen", mode, *flags, "-I", LLVM / "include",
                          "-I", ROOT / "compiler/dialect", ROOT / file],
                         capture_output=True, text=True, check=True)
    text = run.stdout.split("-->\n", 1)[-1].replace("[TOC]\n\n", "").strip("\n")
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def passes():
    text = "# Passes\n\nBy room, in the order in which the rooms work. `dyn-opt --NAME` runs one alone.\n"
    for room in ("autodiff", "transforms", "lowering", "codegen"):
        text += f"\n## {room}\n\n" + tblgen("-gen-pass-doc", f"compiler/{room}/Passes.td")
    return text


pages = {
    "docs/dialect.md": NOTE.format("compiler/dialect") +
                       tblgen("-gen-dialect-doc", "compiler/dialect/DynOps.td", "-dialect=dyn"),
    "docs/passes.md": NOTE.format("compiler/*/Passes.td") + passes(),
}
old = 0
for name, text in pages.items():
    path = ROOT / name
    if "--write" in sys.argv:
        path.write_text(text)
    elif not path.exists() or path.read_text() != text:
        old += 1
        before = path.read_text().splitlines() if path.exists() else []
        print("\n".join(list(difflib.unified_diff(before, text.splitlines(), name, "definitions",
                                                  lineterm=""))[:20]))
print(f"{len(pages)} pages, {old} out of date" + (": run test/reference.py --write" if old else ""))
sys.exit(bool(old))
