"""Outputs, gradients and states of the layers of lib/nn.dyn in double precision, by PyTorch.

    python test/references/layers.py          # needs torch; writes Inputs/wanted_layers.dyn
"""
import torch
import torch.nn.functional as f
from torch import nn
from wanted import Module

torch.set_default_dtype(torch.float64)
module = Module("layers", torch)
torch.manual_seed(7)


def numbers(*shape):
    return (torch.randn(*shape)*100).round()/100


def put(name, y, weights, **leaves):
    """A value, and the gradient of its sum times `weights` by each leaf."""
    module.put(name, y.detach())
    for leaf, g in zip(leaves, torch.autograd.grad((y*weights).sum(), list(leaves.values()))):
        module.put(f"{name}_by_{leaf}", g)


def leaf(x):
    return x.clone().requires_grad_()


# Linear and LayerNorm on a batch of three.
x = leaf(numbers(3, 4))
w, b = leaf(numbers(4, 2)), leaf(numbers(2))
module.put("x", x.detach())
module.put("w", w.detach())
module.put("b", b.detach())
pull = numbers(3, 2)
module.put("pull_linear", pull)
put("linear", x @ w + b, pull, x=x, w=w, b=b)
gain, bias = leaf(numbers(4)), leaf(numbers(4))
module.put("gain", gain.detach())
module.put("bias", bias.detach())
pull = numbers(3, 4)
module.put("pull", pull)
put("layer_norm", f.layer_norm(x, (4,), gain, bias), pull, x=x, gain=gain, bias=bias)

# Embedding.
table = leaf(numbers(5, 3))
module.put("table", table.detach())
pull = numbers(4, 3)
module.put("pull_embedding", pull)
put("embedding", f.embedding(torch.tensor([4, 0, 4, 2]), table), pull, table=table)

# Convolution of two images [5, 6, 2]; kernels [size, size, 2, 3] in Dyn.
images = leaf(numbers(2, 5, 6, 2))
module.put("images", images.detach())
for size, stride, pad in ((3, 1, 1), (3, 2, 1), (1, 2, 0), (2, 3, 2)):
    kernel, offset = leaf(numbers(size, size, 2, 3)), leaf(numbers(3))
    y = f.conv2d(images.permute(0, 3, 1, 2), kernel.permute(3, 2, 0, 1), offset, stride=stride, padding=pad)
    y = y.permute(0, 2, 3, 1)
    name = f"conv_{size}_{stride}_{pad}"
    module.put(f"{name}_kernel", kernel.detach())
    module.put(f"{name}_offset", offset.detach())
    pull = numbers(*y.shape)
    module.put(f"{name}_pull", pull)
    put(name, y, pull, images=images, kernel=kernel, offset=offset)

pooled = f.max_pool2d(images.permute(0, 3, 1, 2), 2).permute(0, 2, 3, 1)
pull = numbers(*pooled.shape)
module.put("pull_pool", pull)
put("max_pool", pooled, pull, images=images)

# Batch normalisation: three training batches, then the evaluation view; also images.
for name, make, shape, order, back in (
        ("norm", nn.BatchNorm1d, (3, 4), (0, 1), (0, 1)),
        ("norm2d", nn.BatchNorm2d, (2, 3, 2, 4), (0, 3, 1, 2), (0, 2, 3, 1))):
    layer = make(4, eps=1e-3, momentum=0.3)
    with torch.no_grad():
        layer.weight.copy_(gain)
        layer.bias.copy_(bias)
    pull = numbers(*shape)
    module.put(f"{name}_pull", pull)
    for t in range(3):
        batch = leaf(2*numbers(*shape) + 0.5)
        module.put(f"{name}_batch_{t}", batch.detach())
        y = layer(batch.permute(*order)).permute(*back)
        put(f"{name}_{t}", y, pull, x=batch, gain=layer.weight, bias=layer.bias)
    module.put(f"{name}_mean", layer.running_mean)
    module.put(f"{name}_variance", layer.running_var)
    layer.eval()
    put(f"{name}_eval", layer(batch.permute(*order)).permute(*back), pull, x=batch, gain=layer.weight, bias=layer.bias)
    still = make(4, eps=1e-3, track_running_stats=False)
    with torch.no_grad():
        still.weight.copy_(gain)
        still.bias.copy_(bias)
    still.eval()
    module.put(f"{name}_always", still(batch.permute(*order)).permute(*back).detach())
module.write()
