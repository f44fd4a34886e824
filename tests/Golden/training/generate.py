"""Golden numbers of the training loop: cross-entropy and its gradient, AdamW with clipping over some steps, the learning rate.

    python3 generate.py > training.json

PyTorch in float64 on the CPU; nothing is taken from the engine. Inputs are rounded to float32 first, so that both sides start from
the same numbers; the engine computes in float32, hence tolerances of 1e-6 (losses, gradients) and 1e-5 (weights after 12 steps).
    torch.nn.functional.cross_entropy      ignore_index, weight; reduction "sum" and "mean"
    torch.optim.AdamW, torch.nn.utils.clip_grad_norm_
    torch.optim.lr_scheduler.LinearLR, CosineAnnealingLR chained by SequentialLR
"""
import json
import platform
import warnings

import numpy as np
import torch

warnings.filterwarnings("ignore")
torch.set_default_dtype(torch.float64)
random = np.random.default_rng(20261122)


def draw(*shape, scale=1.0):
    return torch.tensor((scale * random.standard_normal(shape)).astype(np.float32).astype(np.float64))


def flat(tensor):
    return [float(x) for x in tensor.detach().reshape(-1)]


def cross_entropy(rows, columns, scale, weighted):
    z = draw(rows, columns, scale=scale).requires_grad_()
    targets = torch.tensor([int(x) for x in random.integers(0, columns, rows)])
    targets[1::4] = -1
    weight = torch.tensor(np.abs(random.standard_normal(columns)).astype(np.float32).astype(np.float64)) if weighted else None
    total = torch.nn.functional.cross_entropy(z, targets, weight=weight, ignore_index=-1, reduction="sum")
    mean = torch.nn.functional.cross_entropy(z, targets, weight=weight, ignore_index=-1, reduction="mean")
    mean.backward()
    return {"rows": rows, "columns": columns, "logits": flat(z), "targets": targets.tolist(), "weights": flat(weight) if weighted else [],
            "sum": float(total), "mean": float(mean), "gradient": flat(z.grad)}


def adamw(steps, clip):
    matrix, vector = draw(3, 5).requires_grad_(), draw(5).requires_grad_()
    start = {"matrix": flat(matrix), "vector": flat(vector)}
    optimizer = torch.optim.AdamW([{"params": [matrix], "weight_decay": 0.1}, {"params": [vector], "weight_decay": 0.0}], lr=0.02, betas=(0.9, 0.95), eps=1e-8)
    log = []
    for _ in range(steps):
        matrix.grad, vector.grad = draw(3, 5, scale=2), draw(5, scale=2)
        given = {"matrix": flat(matrix.grad), "vector": flat(vector.grad)}
        norm = float(torch.nn.utils.clip_grad_norm_([matrix, vector], clip))
        optimizer.step()
        log.append({"gradients": given, "norm": norm, "matrix": flat(matrix), "vector": flat(vector)})
    return {"rate": 0.02, "beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, "decay": 0.1, "clip": clip, "start": start, "steps": log}


def schedule(peak, warmup, steps, final):
    parameter = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([parameter], lr=peak)
    rise = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=1 / warmup, end_factor=1.0, total_iters=warmup - 1)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps - warmup, eta_min=peak * final)
    both = torch.optim.lr_scheduler.SequentialLR(optimizer, [rise, fall], milestones=[warmup])
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        both.step()
    return {"peak": peak, "warmup": warmup, "steps": steps, "final": final, "rates": rates}


json.dump({
    "generator": f"PyTorch {torch.__version__}, NumPy {np.__version__}, Python {platform.python_version()}",
    "cross_entropy": [cross_entropy(6, 11, 1.0, False), cross_entropy(9, 40, 12.0, False), cross_entropy(7, 5, 2.0, True)],
    "adamw": [adamw(12, 1.0), adamw(5, 100.0)],
    "schedule": [schedule(3e-4, 5, 30, 0.1), schedule(1e-3, 10, 25, 0.0)],
}, __import__("sys").stdout)
