#!/usr/bin/env python3
"""Example programs in JAX, jitted, as a user would write them.

usage: jax_peers.py mnist FOLDER | jax_peers.py grokking P WIDTH PART
Prints a JSON object: milliseconds of a step once compiled, loss, accuracy.
"""
import gzip
import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np


def adamw(lr, b1, b2, decay, eps=1e-8):
    def init(p):
        return jax.tree.map(jnp.zeros_like, p), jax.tree.map(jnp.zeros_like, p), 0

    def update(p, g, s):
        m, v, t = s
        t = t + 1
        m = jax.tree.map(lambda m, g: b1 * m + (1 - b1) * g, m, g)
        v = jax.tree.map(lambda v, g: b2 * v + (1 - b2) * g * g, v, g)
        p = jax.tree.map(lambda p, m, v: p - lr * (m / (1 - b1**t) / (jnp.sqrt(v / (1 - b2**t)) + eps) + decay * p), p, m, v)
        return p, (m, v, t)

    return init, update


def report(step, loss, accuracy):
    print(json.dumps({"step": step, "loss": float(loss), "accuracy": float(accuracy)}))


def mnist(folder):
    def idx(name):
        raw = gzip.open(f"{folder}/{name}.gz").read()
        rank = raw[3]
        shape = np.frombuffer(raw, ">i4", rank, 4)
        return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape)

    x = jnp.asarray((idx("train-images-idx3-ubyte").reshape(-1, 784) / 255 - 0.1307) / 0.3081, jnp.float32)
    y = jnp.asarray(idx("train-labels-idx1-ubyte"), jnp.int32)
    tx = jnp.asarray((idx("t10k-images-idx3-ubyte").reshape(-1, 784) / 255 - 0.1307) / 0.3081, jnp.float32)
    ty = idx("t10k-labels-idx1-ubyte")
    rng = np.random.default_rng(0)
    u = lambda n, *s: jnp.asarray(rng.uniform(-1 / np.sqrt(n), 1 / np.sqrt(n), s), jnp.float32)
    p = [u(784, 784, 256), u(784, 256), u(256, 256, 10), u(256, 10)]
    init, update = adamw(1e-3, 0.9, 0.999, 0.01)
    logits = lambda p, x: jax.nn.relu(x @ p[0] + p[1]) @ p[2] + p[3]

    @jax.jit
    def step(p, s, i):
        def loss(p):
            z = logits(p, x[i])
            return jnp.mean(jax.nn.logsumexp(z, 1) - jnp.take_along_axis(z, y[i][:, None], 1)[:, 0])

        l, g = jax.value_and_grad(loss)(p)
        p, s = update(p, g, s)
        return p, s, l

    s = init(p)
    count, spent, l = 0, 0.0, None
    for epoch in range(5):
        order = rng.permutation(60000)
        start = time.perf_counter()
        for b in range(0, 60000, 128):
            p, s, l = step(p, s, order[b:b + 128])
        l.block_until_ready()
        if epoch:  # the first holds the compilation
            spent += time.perf_counter() - start
            count += 469
    acc = float((np.argmax(jax.jit(logits)(p, tx), 1) == ty).mean())
    report(1000 * spent / count, l, acc)


def grokking(p=97, width=256, part=40, steps=400):
    rng = np.random.default_rng(0)
    order = rng.permutation(p * p)
    a, b = jnp.asarray(order // p), jnp.asarray(order % p)
    c = (a + b) % p
    n = part * p * p // 100
    sd = 0.5 / (2 * width) ** (1 / 3)
    w = [jnp.asarray(rng.normal(0, sd, s), jnp.float32) for s in ((p, width), (p, width), (width, p))]
    init, update = adamw(1e-2, 0.9, 0.98, 1.0)
    net = lambda w, a, b: (w[0][a] + w[1][b]) ** 2 @ w[2]
    hot = jax.nn.one_hot(c[:n], p)

    @jax.jit
    def step(w, s):
        def loss(w):
            out = net(w, a[:n], b[:n])
            return jnp.mean((out - hot) ** 2), jnp.mean(jnp.argmax(out, 1) == c[:n])

        (l, seen), g = jax.value_and_grad(loss, has_aux=True)(w)
        w, s = update(w, g, s)
        unseen = jnp.mean(jnp.argmax(net(w, a[n:], b[n:]), 1) == c[n:])
        return w, s, l, seen, unseen

    s = init(w)
    for i in range(steps):
        if i == 10:
            l.block_until_ready()
            start = time.perf_counter()
        w, s, l, seen, unseen = step(w, s)
    l.block_until_ready()
    report(1000 * (time.perf_counter() - start) / (steps - 10), l, unseen)


mnist(sys.argv[2]) if sys.argv[1] == "mnist" else grokking(*map(int, sys.argv[2:]))
