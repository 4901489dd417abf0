"""Reference values for @fin/train: torch.optim.AdamW, torch.nn.utils.clip_grad_norm_, transformers' schedules.

    python tooling/oracle/train.py > packages/train/test/fixtures/train.json

Gradients are not stored: element i of parameter p at step t is `gradient(p, i, t)` below, which the test computes too.
"""

import json
import math
import sys

import torch
import transformers

torch.manual_seed(11)
torch.set_num_threads(1)
STEPS = 100
SNAPSHOTS = [1, 2, 10, 50, 100]
SHAPES = {"dense.weight": [4, 3], "dense.bias": [4], "norm.weight": [4], "head.weight": [2, 4], "late.weight": [3, 2]}
SCALES = {"dense.weight": 1.0, "dense.bias": 1e-3, "norm.weight": 1e-7, "head.weight": 30.0, "late.weight": 0.5}
LATE = 20  # "late.weight" has no gradient before this step


def flat(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().reshape(-1).tolist()]


def gradient(name, index, step):
    number = list(SHAPES).index(name)
    return SCALES[name] * math.sin(0.7 * index + 0.13 * step * (number + 1) + number)


def learning_rate(step, base):
    return base * 0.5 * (1 + math.cos(math.pi * step / STEPS))


def adamw():
    parameters = {name: torch.nn.Parameter(torch.randn(shape)) for name, shape in SHAPES.items()}
    initial = {name: flat(p) for name, p in parameters.items()}
    groups = [
        {"names": ["dense.weight", "late.weight"], "weight_decay": 0.05, "lr": 1e-2},
        {"names": ["dense.bias", "norm.weight"], "weight_decay": 0.0, "lr": 1e-2},
        {"names": ["head.weight"], "weight_decay": 0.05, "lr": 2e-3},
    ]
    optimizer = torch.optim.AdamW(
        [{**g, "params": [parameters[n] for n in g["names"]]} for g in groups], betas=(0.9, 0.999), eps=1e-8
    )
    snapshots = {}
    for step in range(STEPS):
        for name, p in parameters.items():
            if name == "late.weight" and step < LATE:
                p.grad = None
                continue
            p.grad = torch.tensor([gradient(name, i, step) for i in range(p.numel())]).reshape(p.shape)
        for group, described in zip(optimizer.param_groups, groups):
            group["lr"] = learning_rate(step, described["lr"])
        optimizer.step()
        if step + 1 in SNAPSHOTS:
            snapshots[step + 1] = {name: flat(p) for name, p in parameters.items()}
    state = {
        name: {"expAvg": flat(optimizer.state[p]["exp_avg"]), "expAvgSq": flat(optimizer.state[p]["exp_avg_sq"])}
        for name, p in parameters.items()
    }
    return {"shapes": SHAPES, "scales": SCALES, "late": LATE, "steps": STEPS, "initial": initial,
            "groups": groups, "snapshots": snapshots, "state": state}


def clipping():
    cases = []
    for max_norm, scale in [(1.0, 5.0), (1.0, 1e-3), (0.1, 1.0), (1000.0, 1.0)]:
        parameters = [torch.nn.Parameter(torch.zeros(shape)) for shape in ([3, 4], [5], [])]
        for p in parameters:
            p.grad = scale * torch.randn_like(p)
        before = [{"shape": list(p.shape), "data": flat(p.grad)} for p in parameters]
        norm = torch.nn.utils.clip_grad_norm_(parameters, max_norm)
        cases.append({"maxNorm": max_norm, "before": before, "norm": norm.item(), "after": [flat(p.grad) for p in parameters]})
    return cases


def schedules():
    makers = {
        "linear": transformers.get_linear_schedule_with_warmup,
        "cosine": transformers.get_cosine_schedule_with_warmup,
        "constant": lambda optimizer, warmup, _: transformers.get_constant_schedule_with_warmup(optimizer, warmup),
    }
    cases = []
    for kind, make in makers.items():
        for warmup, total in [(0, 20), (5, 20), (7, 7), (1, 1), (30, 20)]:
            optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
            scheduler = make(optimizer, warmup, total)
            factors = []
            for _ in range(total + 3):
                factors.append(scheduler.get_last_lr()[0])
                optimizer.step()
                scheduler.step()
            cases.append({"kind": kind, "warmupSteps": warmup, "totalSteps": total, "factors": factors})
    return cases


json.dump(
    {
        "generator": "tooling/oracle/train.py",
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "python": sys.version.split()[0],
        "adamw": adamw(),
        "clipping": clipping(),
        "schedules": schedules(),
    },
    sys.stdout,
)
sys.stdout.write("\n")
