#!/usr/bin/env python3
"""Times training beside PyTorch and jitted JAX, on this machine, in turns.

usage: run.py BUILD FOLDER [case ...]

BUILD has bin/dyn, FOLDER the four MNIST files. Cases: start mnist conv grokking
grokking-500, and resnet=FOLDER with the six files of CIFAR-10. Run it with a Python that has requirements.txt. Ours are the
unmodified examples through the default pipeline, two threads; our step holds the
loader, the log and the accuracies, JAX's data lie on the device. Each figure is
the median of its rounds.
"""
import json
import os
import re
import statistics
import subprocess
import sys
import time

here = os.path.dirname(os.path.abspath(__file__))
examples = os.path.join(here, "..", "..", "examples")
build, folder = sys.argv[1:3]
dyn = os.path.join(build, "bin", "dyn")
rounds = 3


def ours(program, *flags, cache=False):
    """Milliseconds of a step, seconds of the process, loss, seconds to compile."""
    command = [dyn, "run", *([] if cache else ["--no-cache"]), os.path.join(examples, program),
               "--no-run-dir", "--threads", "2", *flags]
    start = time.perf_counter()
    run = subprocess.run(command, capture_output=True, text=True)
    whole = time.perf_counter() - start
    if run.returncode not in (0, 3):  # 3: a claim, of a run cut short
        sys.exit(f"{' '.join(command)}: status {run.returncode}\n{run.stderr}")
    rate = [float(r) for r in re.findall(r"step \d+\s+([\d.]+)/s", run.stderr)][-1]
    loss = (re.findall(r"loss ([\d.e+-]+)", run.stderr) or ["nan"])[-1]
    compiled = re.search(r"kernels? compiled.*?([\d.]+) s", run.stderr)
    return {"step": 1000 / rate if rate else float("nan"), "whole": whole, "loss": float(loss), "compile": float(compiled.group(1))}


def peer(script, *args):
    start = time.perf_counter()
    run = subprocess.run([sys.executable, os.path.join(here, script), *args], capture_output=True, text=True)
    if run.returncode:
        return None
    return {"whole": time.perf_counter() - start, **json.loads(run.stdout.splitlines()[-1])}


def table(title, contenders, key="step", unit="ms"):
    """Runs contenders in turn and prints medians and the ratio to ours, the first."""
    runs = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            runs[name].append(run())
    print(f"\n{title}")
    own = None
    for name, results in runs.items():
        if any(r is None for r in results):
            print(f"  {name:28} does not run here")
            continue
        value = statistics.median(r[key] for r in results)
        own = own or value
        spread = f"{min(r[key] for r in results):.3g} .. {max(r[key] for r in results):.3g}"
        print(f"  {name:28} {value:9.3f} {unit}  ({spread})  {value / own:5.2f}x   loss {results[-1]['loss']:.5g}"
              f"   process {statistics.median(r['whole'] for r in results):.2f} s")


def peaks():
    """GFLOP/s of a large product and GB/s of a large copy, two threads, by PyTorch."""
    code = ("import torch,time\ntorch.set_num_threads(2)\nx=torch.randn(2048,2048);y=torch.randn(1<<26)\nf=b=0\n"
            "for _ in range(5):\n s=time.perf_counter();x@x;f=max(f,2*2048**3/(time.perf_counter()-s)/1e9)\n"
            "for _ in range(5):\n s=time.perf_counter();y.clone();b=max(b,8*(1<<26)/(time.perf_counter()-s)/1e9)\nprint(f,b)")
    return map(float, subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split())


def floor(flops, values):
    """From products alone, and from reading and writing `values` numbers once."""
    print(f"  floor: {1000 * flops / (flop_rate * 1e9):.2f} ms of arithmetic,"
          f" {1000 * 8 * values / (byte_rate * 1e9):.2f} ms if all came from main memory")


cases = sys.argv[3:] or ["start", "mnist", "conv", "grokking", "grokking-500"]
flop_rate, byte_rate = peaks()
print(f"two threads: {flop_rate:.0f} GFLOP/s in a product of 2048, {byte_rate:.0f} GB/s in a copy")
if "start" in cases:
    few = ("--epochs", "1", "--data", folder)
    ours("mnist/mnist.dyn", *few, cache=True)
    cold = [ours("mnist/mnist.dyn", *few) for _ in range(rounds)]
    warm = [ours("mnist/mnist.dyn", *few, cache=True) for _ in range(rounds)]
    middle = lambda runs, key: statistics.median(r[key] for r in runs)
    print(f"\nMNIST, one epoch, the whole process: {middle(cold, 'whole'):.2f} s with {middle(cold, 'compile'):.3f} s "
          f"of compiling, {middle(warm, 'whole'):.2f} s from the cache")
if "mnist" in cases:
    table("MNIST, 784-256-10, AdamW, batch 128, 5 epochs: a step", {
        "dyn": lambda: ours("mnist/mnist.dyn", "--data", folder),
        "jax, jitted": lambda: peer("jax_peers.py", "mnist", folder),
        "pytorch eager, fused AdamW": lambda: peer("torch_peers.py", "mnist", folder),
        "pytorch eager, defaults": lambda: peer("torch_peers.py", "mnist", folder, "--default"),
    })
    floor(2 * 128 * (2 * 784 * 256 + 3 * 256 * 10), 3 * (784 * 256 + 256 * 10) + 128 * 784)
if "conv" in cases:
    def conv():
        run = ours("mnist/conv.dyn", "--data", folder, "--epochs", "1")
        return {**run, "epoch": run["step"] * 938 / 1000}
    table("MNIST, two convolutions, AdamW, batch 64: an epoch", {
        "dyn": conv, "pytorch eager, fused AdamW": lambda: peer("torch_peers.py", "conv", folder)}, "epoch", "s")
    floor(938 * 2 * 64 * 9 * (2 * 784 * 16 + 3 * 196 * 16 * 32), 0)
for folder in (case.partition("=")[2] for case in cases if case.startswith("resnet=")):
    def resnet():
        """A step is what four more epochs of five take: the figures that it logs are rounded."""
        few = ("--data", folder, "--way", "dense", "--rewind", "0", "--subset", "2560", "--held", "512", "--seeds", "1")
        runs = [ours("concrete-ticket-search/full.dyn", *few, "--epochs", n, cache=True) for n in ("1", "1", "5")]
        return {**runs[2], "step": 1000 * (runs[2]["whole"] - runs[1]["whole"]) / 20}
    table("ResNet-20, 32 x 32, SGD, batch 512, crops and mirrored images in ours: a step", {
        "dyn": resnet, "pytorch eager": lambda: peer("torch_peers.py", "resnet", "512"),
        "pytorch eager, channels last": lambda: peer("torch_peers.py", "resnet", "512", "--channels-last")})
    floor(2 * 512 * 3 * 40.6e6, 0)
for case, width, part in (("grokking", 256, 40), ("grokking-500", 500, 50)):
    if case in cases:
        shape = ("97", str(width), str(part))
        table(f"grokking, p 97, width {width}, {part * 9409 // 100} pairs at once, both accuracies: a step", {
            "dyn": lambda: ours("grokking/grokking.dyn", "--width", shape[1], "--part", shape[2], "--steps", "200"),
            "jax, jitted": lambda: peer("jax_peers.py", "grokking", *shape),
            "pytorch eager": lambda: peer("torch_peers.py", "grokking", *shape),
            "pytorch compiled": lambda: peer("torch_peers.py", "grokking", *shape, "--compile"),
        })
        pairs = part * 9409 // 100
        floor(2 * width * 97 * (3 * pairs + 9409 - pairs), 3 * 3 * 97 * width)
