#!/usr/bin/env python3
"""Differentiates random programs: `test/fuzz/derivatives.py DYN [--count N] [--first SEED]`.

Each seed makes a program of a few well-typed functions of a vector, a matrix and a number, in f64,
out of elementwise functions, reductions, index notation, products, selections, subscripts by data,
slices, lifted calls, loops and branches. The program itself compares, along a random direction,
the gradient with the tangent (reverse with forward mode), both with central differences, and the
Hessian times the direction, forward over reverse, with differences of the gradient. It runs at -O 0
and -O 3, and what it logs has to agree. Exit status 1 names the seeds that failed.
"""
import argparse
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile

UNARY = ["sin({})", "cos({})", "tanh({})", "exp(tanh({}))", "abs({})", "sqrt(1 + ({})^2)",
         "log(1 + ({})^2)", "0.3*({})^3", "1/(2 + sin({}))", "sigmoid({})", "-({})", "erf({})",
         "max({}, 0.1)"]
BINARY = ["{} + {}", "{} - {}", "({})*({})", "({})/(1.5 + sin({}))", "max({}, {})", "min({}, {})",
          "select({} > {}, {}, {})"]


class Function:
    """The text of one function `NAME(x: real[n], m: real[p, q], s: real) -> real`."""

    def __init__(self, rng, name):
        self.rng, self.name = rng, name
        self.n, self.p, self.q = (rng.choice([1, 2, 3, 4, 5, 7]) for _ in range(3))
        self.lines, self.helpers = [], []
        self.arrays = {(self.n,): ["x"], (self.p, self.q): ["m"], (): ["s"]}
        self.count = 0
        for _ in range(rng.randint(3, 6)):
            rng.choice([self.elementwise, self.elementwise, self.indexed, self.product, self.reduced,
                        self.gathered, self.sliced, self.lifted, self.loop, self.bounded, self.branch,
                        self.yielded, self.window])()

    def fresh(self):
        self.count += 1
        return f"t{self.count}"

    def declare(self, shape, text):
        name = self.fresh()
        self.lines.append(f"let {name} = {text}")
        self.arrays.setdefault(shape, []).append(name)
        return name

    def some(self, shape):
        """A name of that shape, the latest ones first."""
        names = self.arrays[shape]
        return names[-1] if self.rng.random() < 0.6 else self.rng.choice(names)

    def shape(self, rank):
        shapes = [s for s in self.arrays if len(s) == rank]
        return self.rng.choice(shapes) if shapes else None

    def expression(self, shape, depth):
        rng = self.rng
        if depth == 0 or rng.random() < 0.2:
            if shape != () and rng.random() < 0.15:
                return self.some(())
            return self.some(shape)
        if rng.random() < 0.5:
            return rng.choice(UNARY).format(self.expression(shape, depth - 1))
        form = rng.choice(BINARY)
        # One part has the shape; the others may be numbers.
        parts = [self.expression(shape, depth - 1) for _ in range(form.count("{}"))]
        return "(" + form.format(*parts) + ")"

    def full(self, shape, depth):
        """An expression that has the shape, not only fits it."""
        return f"{self.some(shape)} + {self.expression(shape, depth)}"

    def elementwise(self):
        shape = self.rng.choice(list(self.arrays))
        self.declare(shape, self.full(shape, 3))

    def indexed(self):
        shape = self.shape(2)
        a, v = self.some(shape), self.some((self.n,))
        form = self.rng.choice(["rows", "outer", "transpose", "filter"])
        name = self.fresh()
        if form == "rows":
            self.lines.append(f"let {name}[i] = sum[j] tanh({a}[i, j])*{a}[i, j] - {self.some(())}")
            out = (shape[0],)
        elif form == "outer":
            self.lines.append(f"let {name}[i, j, k] = sin({v}[k])*{a}[i, j]")
            self.lines.append(f"let {name}b[j, k] = mean[i] {name}[i, j, k]")
            name, out = name + "b", (shape[1], self.n)
        elif form == "transpose":
            self.lines.append(f"let {name}[j, i] = {a}[i, j]*{a}[i, j] + {self.some(())}")
            out = (shape[1], shape[0])
        else:
            self.lines.append(f"let {name}[j] = mean[i where {a}[i, j] > 0] {a}[i, j]^2")
            out = (shape[1],)
        self.arrays.setdefault(out, []).append(name)

    def product(self):
        a = self.shape(2)
        left = self.some(a)
        if self.rng.random() < 0.5:
            self.declare((a[0], a[0]), f"tanh({left} @ transpose({left}))")
        elif (a[1],) in self.arrays:
            self.declare((a[0],), f"{left} @ {self.some((a[1],))}")
        else:
            self.declare((a[1],), f"{self.some((a[0],))} @ {left}" if (a[0],) in self.arrays else
                         f"[{', '.join(['1.0'] * a[0])}] @ {left}")

    def reduced(self):
        shape = self.shape(self.rng.choice([1, 2]))
        word = self.rng.choice(["sum", "mean", "max", "min", "prod"])
        text = self.full(shape, 2)
        self.declare((), f"{word}(sin({text}))" if word == "prod" else f"{word}({text})")

    def gathered(self):
        shape = self.shape(self.rng.choice([1, 2]))
        a, size = self.some(shape), self.rng.choice([1, 2, 3, 6])
        at = ", ".join(str(self.rng.randrange(shape[0])) for _ in range(size))
        where = self.fresh()
        self.lines.append(f"let {where}: int[{size}] = [{at}]")
        if len(shape) == 2 and self.rng.random() < 0.5:
            name = self.fresh()
            self.lines.append(f"let {name}[j, i] = {a}[{where}[i], j]*{self.some(())}")
            self.arrays.setdefault((shape[1], size), []).append(name)
        else:
            self.declare((size, *shape[1:]), f"{a}[{where}]")

    def sliced(self):
        shape = self.shape(self.rng.choice([1, 2]))
        lo = self.rng.randrange(shape[0])
        hi = self.rng.randint(lo + 1, shape[0])
        part = self.declare((hi - lo, *shape[1:]), f"{self.some(shape)}[{lo}..{hi}]")
        if self.rng.random() < 0.5:
            other = self.some(shape)
            self.declare((hi - lo + shape[0], *shape[1:]), f"concat({part}, {other})")

    def lifted(self):
        shape = self.shape(2)
        helper = f"{self.name}h{len(self.helpers)}"
        body = self.rng.choice(["sum(tanh(v)*v) + b*mean(v)", "max(v) - b*sum(v^2)",
                                "sum(v)*sin(b) + prod(cos(v))"])
        self.helpers.append(f"fn {helper}(v: real[D], b: real) -> real = {body}")
        self.declare((shape[0],), f"{helper}({self.some(shape)}, {self.some(())})")

    def loop(self):
        shape = self.rng.choice(list(self.arrays))
        name, start = self.fresh(), self.full(shape, 1)
        other = self.some(shape)
        trips = self.rng.choice(["0..3", "1..=4", "0..1", "0..0", "0..7 by 3"])
        self.lines.append(f"var {name} = {start}")
        step = self.rng.choice([f"sin({name}) + {other}", f"tanh({name}*{other}) - 0.1*real(r)",
                                f"0.5*{name} + real(r)*{self.some(())}"])
        self.lines.append(f"for r in {trips} {{ {name} = {step} }}")
        self.arrays[shape].append(name)

    def bounded(self):
        name = self.fresh()
        self.lines.append(f"var {name} = 1.3 + 0.5*tanh({self.some(())})")
        self.lines.append(f"while {name} > 0.21 limit 40 {{ {name} = {name}*0.7*(1 + 0.1*sin({self.some(())})) }}")
        self.arrays[()].append(name)

    def branch(self):
        shape = self.rng.choice(list(self.arrays))
        test = f"{self.some(())} > {self.rng.choice(['0', '0.3', self.some(())])}"
        a, b = self.full(shape, 2), self.full(shape, 1)
        self.declare(shape, f"if {test} {{ {a} }} else {{ {b} }}")

    def yielded(self):
        shape = self.rng.choice([s for s in self.arrays if len(s) < 2])
        start, name = self.some(shape), self.fresh()
        self.lines.append(f"var {name} = {start}*1")
        trips = self.rng.randint(1, 4)
        self.declare((trips, *shape), f"for r in 0..{trips} {{\n    {name} = cos({name} + real(r))\n"
                                      f"    yield {name}*{self.some(shape)}\n  }}")

    def window(self):
        shape = self.shape(1)
        if shape[0] >= 3:
            self.declare((shape[0], 3), f"window({self.some(shape)}, 0, 3, 1, 1)")

    def text(self):
        parts = []
        for shape, names in self.arrays.items():
            for name in names[-2:]:
                parts.append(f"0.7*sin({name})" if shape == () else f"mean(cos({name})*{name})")
        body = "\n".join("  " + line for line in self.lines)
        return ("\n".join(self.helpers) + f"\nfn {self.name}(x: real[{self.n}], m: real[{self.p}, {self.q}], "
                f"s: real) -> real {{\n{body}\n  {' + '.join(parts)}\n}}\n")

    def checks(self):
        f, n, p, q = self.name, self.n, self.p, self.q
        at = lambda sign: f"{f}(x{f} {sign} e*u{f}, m{f} {sign} e*v{f}, s{f} {sign} e*w{f})"
        moved = lambda sign, k: (f"  let x{f}{k} = x{f} {sign} e*u{f}\n  let m{f}{k} = m{f} {sign} e*v{f}\n"
                                 f"  let s{f}{k} = s{f} {sign} e*w{f}\n"
                                 f"  let (a{f}{k}, b{f}{k}, c{f}{k}) = grad[x{f}{k}, m{f}{k}, s{f}{k}] "
                                 f"{f}(x{f}{k}, m{f}{k}, s{f}{k})\n")
        draws = "".join(f"  let {a}{f}: {t} ~ normal(0, 1)\n" for a, t in
                        [("x", f"real[{n}]"), ("m", f"real[{p}, {q}]"), ("s", "real"), ("u", f"real[{n}]"),
                         ("v", f"real[{p}, {q}]"), ("w", "real")])
        return (draws + f"  let (gx{f}, gm{f}, gs{f}) = grad[x{f}, m{f}, s{f}] {f}(x{f}, m{f}, s{f})\n"
                f"  log value_{f}: {f}(x{f}, m{f}, s{f})\n"
                f"  log reverse_{f}: dot(gx{f}, u{f}) + sum(gm{f}*v{f}) + gs{f}*w{f}\n"
                f"  log forward_{f}: jvp[x{f}, m{f}, s{f} along (u{f}, v{f}, w{f})] {f}(x{f}, m{f}, s{f})\n"
                f"  log quotient_{f}: ({at('+')} - {at('-')})/(2*e)\n" + moved("+", "p") + moved("-", "n") +
                f"  let hx{f} = hvp[x{f} along u{f}] {f}(x{f}, m{f}, s{f})\n"
                f"  let full{f} = jacobian[x{f}] (grad[x{f}] {f}(x{f}, m{f}, s{f}))\n"
                f"  log hvp_{f}: dot(hx{f}, u{f})\n  log hessian_{f}: dot(full{f} @ u{f}, u{f})\n"
                f"  log laplacian_{f}: laplacian[x{f}] {f}(x{f}, m{f}, s{f})\n"
                f"  let tr{f} = sum[i] full{f}[i, i]\n  log trace_{f}: tr{f}\n"
                f"  log mixed_{f}: jvp[x{f}, m{f}, s{f} along (u{f}, v{f}, w{f})] "
                f"(jvp[x{f}, m{f}, s{f} along (u{f}, v{f}, w{f})] {f}(x{f}, m{f}, s{f}))\n"
                f"  log second_{f}: (dot(ax_(a{f}p, a{f}n), u{f}) + sum((b{f}p - b{f}n)*v{f}) + (c{f}p - c{f}n)*w{f})/(2*e)\n")


PAIRS = [("reverse", "forward", 1e-9), ("reverse", "quotient", 2e-5), ("hvp", "hessian", 1e-8),
         ("laplacian", "trace", 1e-8), ("mixed", "second", 2e-4)]


def program(seed, functions):
    rng = random.Random(seed)
    made = [Function(rng, f"f{i}") for i in range(functions)]
    text = "fn ax_(a: real[D], b: real[D]) -> real[D] = a - b\n" + "".join(f.text() for f in made)
    return text + "train {\n  let e = 0.00001\n" + "".join(f.checks() for f in made) + "}\n"


def run(dyn, path, level, folder):
    out = folder / f"run{level}"
    done = subprocess.run([dyn, "run", "--no-cache", "--f64", "-O", str(level), path, "--quiet",
                           "--run-dir", out, "--seed", "3"], capture_output=True, text=True)
    if done.returncode:
        return None, done.stderr or done.stdout
    values = {}
    for line in (out / "metrics.jsonl").read_text().splitlines():
        values.update({k: v for k, v in json.loads(line).items() if "_" in k})
    return values, ""


def differ(x, y, tolerance):
    if x is None or y is None or not (math.isfinite(x) and math.isfinite(y)):
        return x != y
    return abs(x - y) > tolerance*(1 + abs(x) + abs(y))


def check(dyn, seed, functions, folder, scale):
    """What is wrong with the program of `seed`; nothing if all agrees."""
    path = folder / f"{seed}.dyn"
    path.write_text(program(seed, functions))
    (slow, why0), (fast, why3) = (run(dyn, path, level, folder) for level in (0, 3))
    if slow is None or fast is None:
        return [f"-O {0 if slow is None else 3}: {why0 or why3}"]
    wrong = [f"{k}: {slow[k]!r} at -O 0, {fast.get(k)!r} at -O 3" for k in slow
             if differ(slow[k], fast.get(k), 1e-8*scale)]
    for i in range(functions):
        for a, b, tolerance in PAIRS:
            x, y = slow[f"{a}_f{i}"], slow[f"{b}_f{i}"]
            if differ(x, y, tolerance*scale):
                wrong.append(f"f{i}: {a} is {x!r}, {b} {y!r}")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("dyn")
    parser.add_argument("--count", type=int, default=4)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--functions", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1, help="of every tolerance")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for programs that fail")
    args = parser.parse_args()
    failed = []
    with tempfile.TemporaryDirectory() as temporary:
        for seed in range(args.first, args.first + args.count):
            folder = pathlib.Path(temporary) / str(seed)
            folder.mkdir()
            wrong = check(args.dyn, seed, args.functions, folder, args.scale)
            if wrong:
                failed.append(seed)
                print(f"seed {seed}:", *wrong, sep="\n  ")
                if args.keep:
                    args.keep.mkdir(exist_ok=True)
                    (args.keep / f"{seed}.dyn").write_text(program(seed, args.functions))
    print(f"{args.count} programs of {args.functions} functions, {len(failed)} wrong"
          + (f": {failed}" if failed else ""))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
