"""The schedules of lib/schedules.dyn by torch.optim.lr_scheduler, as factors of a rate of 1.

    python test/references/schedules.py       # needs torch; writes Inputs/wanted_schedules.dyn
"""
import warnings

import torch
from torch.optim import lr_scheduler as s
from wanted import Module

warnings.simplefilter("ignore")
torch.set_default_dtype(torch.float64)
module = Module("schedules", torch)


def rates(make, count):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = make(optimizer)
    out = []
    for t in range(count):
        out.append(optimizer.param_groups[0]["lr"])
        if t + 1 < count:
            schedule.step()
    return out


module.put("step", rates(lambda o: s.StepLR(o, 4, gamma=0.3), 12))
module.put("cosine", rates(lambda o: s.CosineAnnealingLR(o, 11, eta_min=0.1), 12))
module.put("warmup", rates(lambda o: s.LinearLR(o, start_factor=0.2, total_iters=7), 12))
module.put("one_cycle", rates(lambda o: s.OneCycleLR(o, 1.0, total_steps=12, cycle_momentum=False), 12))
module.put("one_cycle_early", rates(
    lambda o: s.OneCycleLR(o, 1.0, total_steps=12, pct_start=0.5, div_factor=10, final_div_factor=100,
                           cycle_momentum=False), 12))
module.write()
