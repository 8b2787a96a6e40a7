#!/usr/bin/env python3
"""Example programs in PyTorch on a CPU, as a user would write them.

usage: torch_peers.py mnist|conv FOLDER [--default] | torch_peers.py grokking P WIDTH PART [--compile]
     | torch_peers.py resnet BATCH [--channels-last]
Optimizers are the fused ones, or PyTorch's defaults with --default. Prints a JSON
object: milliseconds of a step, seconds of an epoch, loss, accuracy.
"""
import gzip
import json
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F


def report(step, epoch, loss, accuracy):
    print(json.dumps({"step": 1000 * step, "epoch": epoch, "loss": float(loss), "accuracy": float(accuracy)}))


def idx(folder, name):
    raw = gzip.open(f"{folder}/{name}.gz").read()
    rank = raw[3]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(np.frombuffer(raw, ">i4", rank, 4))


class Conv(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = torch.nn.Conv2d(16, 32, 3, padding=1)
        self.fc = torch.nn.Linear(7 * 7 * 32, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.fc(x.flatten(1))


def classify(net, folder, shape, lr, batch, epochs, fused):
    def images(name):
        x = torch.tensor((idx(folder, name) / 255.0 - 0.1307) / 0.3081, dtype=torch.float32)
        return x.reshape(-1, *shape)

    x, tx = images("train-images-idx3-ubyte"), images("t10k-images-idx3-ubyte")
    y = torch.tensor(idx(folder, "train-labels-idx1-ubyte").astype(np.int64))
    ty = torch.tensor(idx(folder, "t10k-labels-idx1-ubyte").astype(np.int64))
    opt = torch.optim.AdamW(net.parameters(), lr=lr, weight_decay=0.01, fused=fused)
    spent = []
    for _ in range(epochs):
        order = torch.randperm(60000)
        start = time.perf_counter()
        for b in range(0, 60000, batch):
            i = order[b:b + batch]
            opt.zero_grad()
            loss = F.cross_entropy(net(x[i]), y[i])
            loss.backward()
            opt.step()
        spent.append(time.perf_counter() - start)
        with torch.no_grad():
            accuracy = (net(tx).argmax(1) == ty).float().mean()
    best = min(spent)
    report(best / -(-60000 // batch), best, loss.detach(), accuracy)


class Residual(torch.nn.Module):
    """A block of the CIFAR form, normalised by the statistics of the batch at all times."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        conv = lambda i, o, size, step: torch.nn.Conv2d(i, o, size, step, size // 2, bias=False)
        norm = lambda: torch.nn.BatchNorm2d(outputs, track_running_stats=False)
        self.conv1, self.norm1 = conv(inputs, outputs, 3, stride), norm()
        self.conv2, self.norm2 = conv(outputs, outputs, 3, 1), norm()
        same = stride == 1 and inputs == outputs
        self.short = torch.nn.Identity() if same else torch.nn.Sequential(conv(inputs, outputs, 1, stride), norm())

    def forward(self, x):
        return F.relu(self.short(x) + self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x))))))


def resnet(batch, layout, steps=6):
    """ResNet-20 on random images: SGD with momentum, decay and clipping."""
    stages = [(16, 16, 1)] * 3 + [(16, 32, 2)] + [(32, 32, 1)] * 2 + [(32, 64, 2)] + [(64, 64, 1)] * 2
    net = torch.nn.Sequential(
        torch.nn.Conv2d(3, 16, 3, padding=1, bias=False), torch.nn.BatchNorm2d(16, track_running_stats=False),
        torch.nn.ReLU(), *(Residual(*s) for s in stages),
        torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(64, 10)).to(memory_format=layout)
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3, fused=True)
    x = torch.randn(batch, 3, 32, 32).to(memory_format=layout)
    y = torch.randint(0, 10, (batch,))
    for i in range(steps):
        if i == 1:
            start = time.perf_counter()
        opt.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        opt.step()
    report((time.perf_counter() - start) / (steps - 1), None, loss.detach(), 0)


def grokking(p, width, part, compiled, steps=200, warm=20):
    order = torch.randperm(p * p)
    a, b = order // p, order % p
    c = (a + b) % p
    n = part * p * p // 100
    sd = 0.5 / (2 * width) ** (1 / 3)
    w = [torch.nn.Parameter(torch.randn(s) * sd) for s in ((p, width), (p, width), (width, p))]
    opt = torch.optim.AdamW(w, lr=1e-2, betas=(0.9, 0.98), weight_decay=1.0, fused=True)
    hot = F.one_hot(c[:n], p).float()

    def net(a, b):
        return (w[0][a] + w[1][b]) ** 2 @ w[2]

    def gradients():
        out = net(a[:n], b[:n])
        loss = ((out - hot) ** 2).mean()
        loss.backward()
        return loss.detach(), (out.argmax(1) == c[:n]).float().mean()

    def unseen():
        with torch.no_grad():
            return (net(a[n:], b[n:]).argmax(1) == c[n:]).float().mean()

    if compiled:
        gradients, unseen = torch.compile(gradients), torch.compile(unseen)
    for i in range(steps):
        if i == warm:
            start = time.perf_counter()
        opt.zero_grad()
        loss, _ = gradients()
        opt.step()
        accuracy = unseen()
    report((time.perf_counter() - start) / (steps - warm), None, loss, accuracy)


torch.set_num_threads(2)
torch.manual_seed(0)
flags = [f for f in sys.argv[1:] if f.startswith("--")]
args = [a for a in sys.argv[1:] if not a.startswith("--")]
if args[0] == "mnist":
    net = torch.nn.Sequential(torch.nn.Linear(784, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10))
    classify(net, args[1], (784,), 1e-3, 128, 5, "--default" not in flags)
elif args[0] == "conv":
    classify(Conv(), args[1], (1, 28, 28), 2e-3, 64, 2, "--default" not in flags)
elif args[0] == "resnet":
    resnet(int(args[1]), torch.channels_last if "--channels-last" in flags else torch.contiguous_format)
else:
    grokking(*map(int, args[1:]), compiled="--compile" in flags)
