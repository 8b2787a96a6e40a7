"""Fifty steps of every optimizer of lib/optim.dyn in double precision, by PyTorch; Lion by its paper.

    python test/references/optimizers.py      # needs torch; writes Inputs/wanted_optimizers.dyn
"""
import torch
from wanted import Module

torch.set_default_dtype(torch.float64)
module = Module("optimizers", torch)

start_a = torch.tensor([0.9, -1.3, 0.4, 1.7])
start_b = torch.tensor([[0.5, -0.7, 1.1, 0.3], [-1.2, 0.8, 0.2, -0.4], [0.6, 1.5, -0.9, 0.1]])
target = torch.tensor([1.5, -0.5, 2.0])


def loss_of(a, b):
    return 0.5*((b @ a - target)**2).sum() + 0.1*(a**4).sum() + torch.cos(b).sum()


def run(name, make, schedule=None):
    a, b = start_a.clone().requires_grad_(), start_b.clone().requires_grad_()
    optimizer = make([a, b])
    schedule = schedule(optimizer) if schedule else None
    losses = []
    for _ in range(50):
        optimizer.zero_grad()
        loss = loss_of(a, b)
        loss.backward()
        losses.append(loss.item())
        optimizer.step()
        if schedule:
            schedule.step()
    module.put(f"{name}_loss", losses)
    module.put(f"{name}_a", a.detach())
    module.put(f"{name}_b", b.detach())


class Lion:
    """Algorithm 2 of Chen et al., Symbolic Discovery of Optimization Algorithms, 2023."""

    def __init__(self, parameters, lr, beta1, beta2, weight_decay):
        self.parameters = parameters
        self.lr, self.beta1, self.beta2, self.decay = lr, beta1, beta2, weight_decay
        self.momentum = [torch.zeros_like(p) for p in parameters]

    def zero_grad(self):
        for p in self.parameters:
            p.grad = None

    def step(self):
        with torch.no_grad():
            for i, p in enumerate(self.parameters):
                update = self.beta1*self.momentum[i] + (1 - self.beta1)*p.grad
                p.sub_(self.lr*(torch.sign(update) + self.decay*p))
                self.momentum[i] = self.beta2*self.momentum[i] + (1 - self.beta2)*p.grad


module.put("start_a", start_a)
module.put("start_b", start_b)
module.put("goal", target)
o = torch.optim
run("sgd", lambda p: o.SGD(p, lr=0.02))
run("momentum", lambda p: o.SGD(p, lr=0.01, momentum=0.9))
run("nesterov", lambda p: o.SGD(p, lr=0.01, momentum=0.9, nesterov=True, weight_decay=0.05))
run("rmsprop", lambda p: o.RMSprop(p, lr=0.01))
run("rmsprop_momentum", lambda p: o.RMSprop(p, lr=0.005, alpha=0.9, momentum=0.8, eps=1e-6))
run("adam", lambda p: o.Adam(p, lr=0.03))
run("adamw", lambda p: o.AdamW(p, lr=0.03, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1))
run("scheduled", lambda p: o.AdamW(p, lr=0.05), lambda a: o.lr_scheduler.CosineAnnealingLR(a, 49, eta_min=0.005))
run("lion", lambda p: Lion(p, 0.02, 0.9, 0.99, 0.1))

# Two gradients clipped together, one longer than the limit and one not.
g = [torch.tensor([3.0, -4.0]), torch.tensor([[1.0, 2.0], [-2.0, 0.5]])]
for name, limit in (("long", 1.5), ("short", 100.0)):
    norm = torch.sqrt(sum((x*x).sum() for x in g))
    scale = min(1.0, (limit/norm).item())
    module.put(f"clipped_{name}_a", g[0]*scale)
    module.put(f"clipped_{name}_b", g[1]*scale)
module.write()
