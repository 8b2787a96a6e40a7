"""Values and slopes of the prelude's activations in double precision, by PyTorch.

    python test/references/activations.py     # needs torch; writes Inputs/wanted_activations.dyn
"""
import torch
import torch.nn.functional as f
from wanted import Module

torch.set_default_dtype(torch.float64)
module = Module("activations", torch)
x = torch.tensor([-1000.0, -90.0, -20.0, -4.0, -3.1, -1.7, -1.1, -0.3, -1e-3, 1e-3, 0.25, 0.8, 1.2, 2.5, 3.2, 6.0,
                  30.0, 100.0, 1000.0])
functions = {
    "sign": torch.sign, "sigmoid": torch.sigmoid, "log_sigmoid": f.logsigmoid, "relu": f.relu,
    "leaky_relu": f.leaky_relu, "elu": f.elu, "selu": f.selu, "softplus": lambda v: torch.logaddexp(v, 0*v),
    "softsign": f.softsign, "silu": f.silu, "mish": f.mish, "gelu": f.gelu,
    "gelu_tanh": lambda v: f.gelu(v, approximate="tanh"),
    # The slope of PyTorch's own has 1/6 in single precision.
    "hard_sigmoid": lambda v: f.relu6(v + 3)/6, "hard_tanh": f.hardtanh,
    "hard_silu": f.hardswish,
}
module.put("points", x)
for name, function in functions.items():
    at = x.clone().requires_grad_()
    y = function(at)
    y.sum().backward()
    module.put(name, y.detach())
    module.put(f"{name}_slope", at.grad)
z = torch.tensor([0.0], requires_grad=True)
torch.logaddexp(z, 0*z).sum().backward()
module.put("softplus_slope_at_zero", z.grad)
module.write()
