"""Values of the masks of lib/masks.dyn, entry by entry in plain Python.

    python3 test/references/masks.py          # writes Inputs/wanted_masks.dyn
"""
import math
import random

from wanted import Module

module = Module("masks")
draw = random.Random(5)


def numbers(*shape):
    if not shape:
        return round(draw.gauss(0, 1), 2)
    return [numbers(*shape[1:]) for _ in range(shape[0])]


def table(rows, columns, f):
    return [[f(i, o) for o in range(columns)] for i in range(rows)]


I, O = 8, 6
w, g = numbers(I, O), numbers(I, O)
w[1][2], w[3][2] = 0.5, -0.5  # a tie inside of a group of four: the first one stays
w[0][2], w[2][2] = 0.7, 0.1
module.put("w", w)
module.put("g", g)

# Scores of single weights.
module.put("magnitude", table(I, O, lambda i, o: abs(w[i][o])))
module.put("snip", table(I, O, lambda i, o: abs(w[i][o]*g[i][o])))


# N:M along the inputs: sort each group by falling magnitude; Python's sort keeps the order of ties.
def kept(n, m):
    out = [[0.0]*O for _ in range(I)]
    for o in range(O):
        for first in range(0, I, m):
            group = sorted(range(first, first + m), key=lambda i: -abs(w[i][o]))
            for i in group[:n]:
                out[i][o] = w[i][o]
    return out


for n, m in ((2, 4), (1, 4), (3, 4), (1, 2), (5, 8)):
    module.put(f"keep_{n}_of_{m}", kept(n, m))

# Groups: norms, scaled weights, what stays of the two (or four) groups with the largest norms.
factor = numbers(I)
module.put("factors", factor)
rows = [math.sqrt(sum(x*x for x in w[i])) for i in range(I)]
columns = [math.sqrt(sum(w[i][o]**2 for i in range(I))) for o in range(O)]
module.put("rows", rows)
module.put("columns", columns)
module.put("scaled_rows", table(I, O, lambda i, o: factor[i]*w[i][o]))
module.put("scaled_columns", table(I, O, lambda i, o: factor[o]*w[i][o]))


def best(scores, k):
    return set(sorted(range(len(scores)), key=lambda i: -scores[i])[:k])


module.put("two_rows", table(I, O, lambda i, o: w[i][o] if i in best(rows, 2) else 0))
module.put("two_columns", table(I, O, lambda i, o: w[i][o] if o in best(columns, 2) else 0))

size = 2
blocks = table(I//size, O//size, lambda p, q: math.sqrt(sum(
    w[p*size + u][q*size + v]**2 for u in range(size) for v in range(size))))
module.put("blocks", blocks)
flat = [x for row in blocks for x in row]
top = best(flat, 4)
module.put("four_blocks", table(I, O, lambda i, o: w[i][o] if i//size*(O//size) + o//size in top else 0))
module.put("scaled_blocks", table(I, O, lambda i, o: factor[(i//size + o//size) % I]*w[i][o]))
module.put("block_factors", table(I//size, O//size, lambda p, q: factor[(p + q) % I]))

kernel = numbers(2, 3, 2, 5)
module.put("kernel", kernel)
channels = [math.sqrt(sum(kernel[y][x][i][o]**2 for y in range(2) for x in range(3) for i in range(2)))
            for o in range(5)]
module.put("channels", channels)
top = best(channels, 3)
module.put("three_channels", [[[[v if o in top else 0 for o, v in enumerate(row)] for row in a] for a in b]
                              for b in kernel])
module.put("scaled_channels", [[[[factor[o]*v for o, v in enumerate(row)] for row in a] for a in b]
                               for b in kernel])


# A concrete gate sigmoid(logit(u)/tau + a), u uniform: its mean, the mean of its slope by a, its
# distribution, by the midpoint rule over u.
def mean(f, steps=400000):
    return sum(f((k + 0.5)/steps) for k in range(steps))/steps


def gate(u, tau, a):
    return 1/(1 + math.exp(-(math.log(u/(1 - u))/tau + a)))


for name, tau, a in (("a", 2/3, -2.0), ("b", 0.5, 0.3), ("c", 1.5, 1.0)):
    module.put(f"gate_mean_{name}", mean(lambda u: gate(u, tau, a)))
    module.put(f"gate_slope_{name}", mean(lambda u: gate(u, tau, a)*(1 - gate(u, tau, a))))
    module.put(f"gate_below_{name}", [sum(gate(k/40000, tau, a) < t for k in range(1, 40000))/39999
                                      for t in (0.1, 0.5, 0.9)])
module.write()
