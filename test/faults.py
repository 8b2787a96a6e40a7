#!/usr/bin/env python3
"""Plants faults in the optimised path and says which test finds each.

usage: test/faults.py BUILD [NAME...]

Works on a copy of the sources in BUILD/faults, which is built once (about as long as a clean
build) and then once more for each fault; the suite runs until its first failure. Ends with
`N of N faults found`, or with status 1 and the names of those that no test finds.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import time

# name, file, text that stands there once, text that takes its place
FAULTS = [
    ("fusion reads its own results", "compiler/lowering/Fuse.cpp",
     "return v.getDefiningOp() == producer.getOperation(); }) != 1)",
     "return v.getDefiningOp() == producer.getOperation(); }) < 1)"),
    ("a transposed operand is packed from one row further", "compiler/codegen/cpu/ContractionPack.cpp",
     "square(index(whole), depth - whole);", "square(index(whole ? whole - 1 : 0), depth - whole);"),
    ("what an iteration overwrites is read afterwards", "compiler/lowering/Copies.cpp",
     "if (c.getSource() != c.getTarget()) {",
     "if (c.getSource() != c.getTarget() && !c->getParentOfType<LoopLikeOpInterface>()) {"),
    ("two slots of the arena overlap in a loop", "compiler/lowering/Liveness.cpp",
     "if (isa<LoopLikeOpInterface>(p))\n      at = p;", "(void)p;"),
    ("the last odd row of tiles is left out", "compiler/codegen/cpu/ContractionEmit.cpp",
     "int64_t(8), int64_t(4), int64_t(2), int64_t(1)})",
     "int64_t(8), int64_t(4), int64_t(2)})"),
    ("the last element of a vector loop is left out", "compiler/codegen/cpu/NestEmit.cpp",
     "firstLanes(b, loc, lanes, r.length - at)", "firstLanes(b, loc, lanes, r.length - at - 1)"),
    ("a run-time extent has no tail", "compiler/codegen/cpu/NestEmit.cpp",
     "return block(at, body.dynamicMask(left), 1, now);", "return (void)left, now;"),
    ("the parts of a loop leave out its end", "compiler/codegen/cpu/NestEmit.cpp",
     "Value granules = b.createOrFold<arith::CeilDivUIOp>(loc, extent, index(granule));",
     "Value granules = b.createOrFold<arith::DivUIOp>(loc, extent, index(granule));"),
    ("kernels that differ in a constant are one", "compiler/codegen/cpu/Outline.cpp",
     "fn.print(os, OpPrintingFlags().useLocalScope());",
     "fn.getFunctionType().print(os);\n"
     "    fn.walk([&](Operation *op) { os << op->getName() << op->getNumOperands(); });"),
    ("rows of one kernel are used before all are there", "compiler/codegen/cpu/Groups.cpp",
     "(rootOf(a.buffer) != rootOf(o.buffer) || !a.row || a.row != o.row))",
     "rootOf(a.buffer) != rootOf(o.buffer))"),
    ("a transpose is undone the wrong way round", "compiler/transforms/Simplify.cpp",
     "labels[p] = s.labels[i];", "labels[i] = s.labels[p];"),
    ("a sum over two repeated dimensions counts one", "compiler/transforms/Shapes.cpp",
     "count *= extent;", "count = extent;"),
    ("a maximum starts at zero", "compiler/codegen/cpu/NestBody.cpp",
     ": APFloat::getInf(s, isa<arith::MaximumFOp, arith::MaxNumFOp>(combiner));",
     ": APFloat::getZero(s);"),
    ("a contraction adds to what was there", "compiler/codegen/cpu/ContractionEmit.cpp",
     "acc.push_back(fresh ? zeros() : load(flat[2], where.back(), count));",
     "acc.push_back(fresh && rows > 2 ? zeros() : load(flat[2], where.back(), count));"),
    ("a product goes past what changes its factors", "compiler/codegen/cpu/Tails.cpp",
     "if (touchOf(op, a).writes || touchOf(op, b).writes)",
     "if (touchOf(op, a).writes && touchOf(op, b).writes)"),
    ("the tail of a long sum never runs", "compiler/codegen/cpu/ContractionEmit.cpp",
     "arith::CmpIPredicate::uge, depthHigh,", "arith::CmpIPredicate::uge, depthLow,"),
    ("copied rows of a transposed operand lie one further", "compiler/codegen/cpu/ContractionPack.cpp",
     "store(load(flat[0], add(offA, index(at)), count), copyA,",
     "store(load(flat[0], add(offA, index(at + 1)), count), copyA,"),
]

ROOT = pathlib.Path(__file__).resolve().parent.parent


def copySources(target):
    """Copies what git lists; a file that is equal keeps its time, so that nothing is built for it."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True,
                            capture_output=True, check=True).stdout.splitlines()
    for name in listed:
        source, copy = ROOT / name, target / name
        if not source.is_file():
            continue
        if not copy.exists() or copy.read_bytes() != source.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
            shutil.copymode(source, copy)


def firstFailure(build):
    """The first test that fails, or None."""
    binaries = sorted(p for p in (build / "bin").iterdir() if re.fullmatch(r"[a-z]+-tests", p.name))
    try:
        for binary in binaries:
            run = subprocess.run([binary, "--gtest_brief=1", "--gtest_fail_fast"], text=True,
                                 errors="replace", capture_output=True, timeout=300)
            if run.returncode:
                failed = re.search(r"\[  FAILED  \] (\S+?),? ", run.stdout)
                return f"{binary.name}: {failed[1] if failed else f'status {run.returncode}'}"
        run = subprocess.run(["/usr/lib/llvm-22/bin/lit", "-q", "--max-failures=1",
                              build / "test" / "lit"], text=True,
                             errors="replace", capture_output=True, timeout=600)
        if run.returncode:
            failed = re.search(r"(?:FAIL|TIMEOUT|UNRESOLVED): (.*?) \(", run.stdout)
            return failed[1] if failed else f"lit: status {run.returncode}"
    except subprocess.TimeoutExpired as late:
        return f"{late.cmd[0]} does not end"
    return None


def main():
    scratch = pathlib.Path(sys.argv[1]).resolve() / "faults"
    source, build = scratch / "source", scratch / "build"
    copySources(source)
    log = open(scratch / "log", "w")

    def ninja():
        return subprocess.run(["ninja", "-C", build], stdout=log, stderr=log).returncode == 0

    subprocess.run(["cmake", "--preset", "default", "-B", build], cwd=source, stdout=log,
                   stderr=log, check=True)
    if not ninja():
        sys.exit(f"the sources do not build: see {log.name}")
    if found := firstFailure(build):
        sys.exit(f"a test fails without any fault: {found}")
    missed = []
    chosen = [f for f in FAULTS if not sys.argv[2:] or any(w in f[0] for w in sys.argv[2:])]
    for name, file, old, new in chosen:
        start, path = time.time(), source / file
        text = path.read_text()
        if text.count(old) != 1:
            found = None
            verdict = f"does not apply: {file} has {text.count(old)} of `{old}`"
        else:
            path.write_text(text.replace(old, new))
            builds = ninja()
            found = firstFailure(build) if builds else None
            verdict = found or ("NOT FOUND" if builds else "does not build")
            path.write_text(text)
        if not found:
            missed.append(name)
        print(f"{name}: {verdict} ({time.time() - start:.0f} s)", flush=True)
    ninja()
    print(f"{len(chosen) - len(missed)} of {len(chosen)} faults found")
    sys.exit(bool(missed))


main()
