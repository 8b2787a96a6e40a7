"""The logits of the encoder of examples/corrupted-grokking, by plain sums in double precision.

    python test/references/encoder.py     # prints what test/cli/corrupted-encoder.dyn compares with
"""
from math import erf, exp, sin, sqrt

P, WIDTH, HEADS, COUNT, POWER = 5, 4, 2, 2, 0.7
SIZE = WIDTH//HEADS


class Values:
    """sin(1.3 k + 0.2), the k-th entry of all parameters, in the order in which they are declared."""
    k = 0

    def __call__(self, *shape):
        if not shape:
            self.k += 1
            return sin(1.3*(self.k - 1) + 0.2)
        return [self(*shape[1:]) for _ in range(shape[0])]


def layer_norm(x, gain, bias):
    mean = sum(x)/len(x)
    spread = sqrt(sum((v - mean)**2 for v in x)/len(x) + 1e-5)
    return [g*(v - mean)/spread + b for v, g, b in zip(x, gain, bias)]


def times(x, w):
    return [sum(x[i]*w[i][j] for i in range(len(x))) for j in range(len(w[0]))]


def attend(x, query, key, value, out):
    y = [[0.0]*WIDTH for _ in x]
    for h in range(HEADS):
        q, k, v = ([[sum(x[t][c]*w[c][h][i] for c in range(WIDTH)) for i in range(SIZE)] for t in range(len(x))]
                   for w in (query, key, value))
        for t in range(len(x)):
            e = [exp(sum(a*b for a, b in zip(q[t], k[s]))/SIZE**POWER) for s in range(len(x))]
            mixed = [sum(e[s]*v[s][i] for s in range(len(x)))/sum(e) for i in range(SIZE)]
            for c in range(WIDTH):
                y[t][c] += sum(mixed[i]*out[h][i][c] for i in range(SIZE))
    return y


def logits(a, b, smooth, prenorm):
    value = Values()
    token, position = value(P + 1, WIDTH), value(3, WIDTH)
    gain1, bias1 = value(COUNT, WIDTH), value(COUNT, WIDTH)
    query, key, val = (value(COUNT, WIDTH, HEADS, SIZE) for _ in range(3))
    out = value(COUNT, HEADS, SIZE, WIDTH)
    gain2, bias2 = value(COUNT, WIDTH), value(COUNT, WIDTH)
    up, down = value(COUNT, WIDTH, 4*WIDTH), value(COUNT, 4*WIDTH, WIDTH)
    gain, bias, head = value(WIDTH), value(WIDTH), value(WIDTH, P)
    g = (lambda v: 0.5*v*(1 + erf(v/sqrt(2)))) if smooth else (lambda v: max(v, 0.0))
    h = [[t + p for t, p in zip(token[n], position[i])] for i, n in enumerate((a, b, P))]
    for n in range(COUNT):
        norm = (lambda x, w, b: layer_norm(x, w[n], b[n])) if prenorm else (lambda x, w, b: x)
        seen = attend([norm(x, gain1, bias1) for x in h], query[n], key[n], val[n], out[n])
        h = [[v + s for v, s in zip(x, y)] for x, y in zip(h, seen)]
        h = [[v + m for v, m in zip(x, times([g(u) for u in times(norm(x, gain2, bias2), up[n])], down[n]))] for x in h]
    return times(layer_norm(h[2], gain, bias) if prenorm else h[2], head)


for smooth, prenorm in ((True, True), (False, False)):
    print(", ".join(f"{v:.15g}" for v in logits(3, 1, smooth, prenorm)))
