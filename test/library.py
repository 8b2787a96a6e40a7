#!/usr/bin/env python3
"""Checks that docs/library.md is what the docstrings in lib/ say, and that every entry has one.

usage: test/library.py [--write]
"""
import difflib
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEAD = """<!-- Made by test/library.py --write from the docstrings in lib. -->

# The standard library

Written in Dyn, in `lib`. Everything is written for one example and lifts over batches, except what has the
batch in its type. Capitals are dimensions, bound by the arguments. Each entry is checked by value against
an independent reference: the programs are in `test/lit/library`, the scripts that made the numbers they compare
with in `test/references`.
"""
ITEM = re.compile(r"^(fn|loss|model|optimizer|mask|type) (\w+)")
SOURCE = re.compile(r"(?:^|(?<=[.:] ))([A-Z](?:[\w ,;-]|et al\.)*\d{4})\.$")


def cell(text):
    return text.replace("|", "\\|")


def signature(text):
    """From `(` to its closing partner, then the result's type."""
    depth = 0
    for i, c in enumerate(text):
        depth += c in "(["
        depth -= c in ")]"
        if c == ")" and depth == 0:
            break
    arguments, rest = text[:i + 1], text[i + 1:]
    result = re.match(r"\s*->\s*([^={]+?)\s*(?:=|\{|derivative|$)", rest)
    return " ".join((arguments + (f" -> {result[1]}" if result else "")).split())


def module(path):
    lines = path.read_text().splitlines()
    doc, rows, wrong, about = [], [], [], None
    for n, line in enumerate(lines):
        if line.startswith("///"):
            doc.append(line[3:].strip())
            continue
        item = ITEM.match(line)
        if not line.strip() and about is None:
            about = " ".join(doc)
        if item:
            kind, name = item[1], item[2]
            if not doc:
                wrong.append(f"{path.name}: `{name}` has no docstring")
            text = "\n".join(lines[n:])[len(item[0]):]
            shape = signature(text) if text.startswith("(") else ""
            if kind == "model":
                body = text[:text.find("\n}")]
                call = re.search(r"\n  fn call", body)
                shape += ("<br>" + signature(body[call.end():])) if call else ""
            what = " ".join(doc)
            source = SOURCE.search(what)
            if source:
                what = what[:source.start()].strip()
            shape = "<br>".join(f"`{s}`" for s in shape.split("<br>") if s)
            rows.append(f"| `{name}` | {cell(shape)} | {cell(what)} | {source[1] if source else ''} |")
        doc = []
    table = "\n".join(["| entry | arguments and shapes | what | source |", "|---|---|---|---|", *rows])
    return f"\n## {path.stem}\n\n{about or ''}\n\n{table}\n", wrong


def main():
    text, wrong = HEAD, []
    for path in sorted((ROOT / "lib").glob("*.dyn")):
        page, missing = module(path)
        text += page
        wrong += missing
    page = ROOT / "docs/library.md"
    if "--write" in sys.argv:
        page.write_text(text)
    elif page.read_text() != text:
        sys.stdout.writelines(difflib.unified_diff(page.read_text().splitlines(True), text.splitlines(True)))
        wrong.append("docs/library.md is old: run test/library.py --write")
    print("\n".join(wrong + [f"library: {len(wrong)} wrong"]))
    sys.exit(bool(wrong))


main()
