"""Values and gradients of the losses in double precision, by PyTorch, at ordinary and extreme arguments.

    python test/references/losses.py          # needs torch; writes Inputs/wanted_losses.dyn
"""
import torch
import torch.nn.functional as f
from wanted import Module

torch.set_default_dtype(torch.float64)
module = Module("losses", torch)

logits = torch.tensor([[0.3, -1.2, 2.0, 0.0], [1e4, 0.0, -1e4, 5.0], [-3e4, -3e4, -3e4, -3e4 + 2], [88.0, 90.0, -90.0, 89.0]])
others = torch.tensor([[-0.4, 0.1, 0.9, 1.3], [2.0, 1.0, 0.0, -1.0], [50.0, -50.0, 0.0, 0.0], [0.0, 300.0, 0.0, 0.0]])
labels = torch.tensor([2, 1, 3, 0])
module.put("logits", logits)
module.put("others", others)
module.put("labels", labels.double())


def put(name, loss, *arguments):
    """The losses one by one, and the gradient of their sum by each argument."""
    at = [a.clone().requires_grad_() for a in arguments]
    values = loss(*at)
    module.put(name, values.detach())
    for i, g in enumerate(torch.autograd.grad(values.sum(), at)):
        module.put(f"{name}_{'xy'[i]}", g)


put("softmax", lambda x: torch.softmax(x, 1)[:, 1], logits)
put("logsumexp", lambda x: torch.logsumexp(x, 1), logits)
put("cross_entropy", lambda x: f.cross_entropy(x, labels, reduction="none"), logits)
put("nll", lambda x: f.nll_loss(f.log_softmax(x, 1), labels, reduction="none"), logits)


def kl(p, q):
    return f.kl_div(f.log_softmax(q, 1), f.log_softmax(p, 1), reduction="none", log_target=True).sum(1)


put("kl", kl, logits, others)
put("kl_back", kl, others, logits)

x = torch.tensor([[0.5, -1.0, 2.0], [10.0, -0.2, 0.1]])
y = torch.tensor([[0.1, 0.6, -1.5], [-20.0, 0.3, 0.1 + 1e-3]])
module.put("x", x)
module.put("y", y)
put("mse", lambda a, b: f.mse_loss(a, b, reduction="none").mean(1), x, y)
put("mae", lambda a, b: f.l1_loss(a, b, reduction="none").mean(1), x, y)
put("huber", lambda a, b: f.huber_loss(a, b, reduction="none").mean(1), x, y)
put("huber_wide", lambda a, b: f.huber_loss(a, b, reduction="none", delta=2.5).mean(1), x, y)
put("smooth_l1", lambda a, b: f.smooth_l1_loss(a, b, reduction="none", beta=2.5).mean(1), x, y)

scores = torch.tensor([0.0, 0.7, -2.0, 30.0, -30.0, 1e3, -1e3, 1e5, -1e5, 0.2])
goals = torch.tensor([0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.35])
sides = torch.tensor([1.0, 1.0, -1.0, 1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0])
module.put("scores", scores)
module.put("goals", goals)
module.put("sides", sides)
put("binary_cross_entropy", lambda s: f.binary_cross_entropy_with_logits(s, goals, reduction="none"), scores)
# For a margin of 1 and sides of -1 and 1, max(0, 1 - side score).
put("hinge", lambda s: f.relu(1 - sides*s), scores)
module.write()
