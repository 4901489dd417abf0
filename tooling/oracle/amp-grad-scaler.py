"""Traces of torch.amp.GradScaler for @fin/amp: random sequences of calls, right ones and wrong ones, and what each did.

    python tooling/oracle/amp-grad-scaler.py > packages/amp/test/fixtures/grad-scaler.json

An event is [call, argument...]; its outcome is [raised, scale, growth tracker, parameter of each optimizer], where an optimizer has one
parameter p of two elements and a step is p -= gradient. Gradients are given before scaling by their two elements; "inf" and "nan"
stand for themselves, null for no gradient.
"""

import json
import random
import sys
import warnings

import torch

warnings.simplefilter("ignore")
random.seed(5)

OPTIMIZERS = 2


def number(value):
    if value != value:
        return "nan"
    return "inf" if value == float("inf") else value


class Player:
    def __init__(self, options):
        self.scaler = torch.amp.GradScaler("cpu", **options)
        self.parameters = [torch.zeros(2, requires_grad=True) for _ in range(OPTIMIZERS)]
        self.optimizers = [torch.optim.SGD([p], lr=1.0) for p in self.parameters]
        self.saved = None

    def play(self, call, *args):
        scaler = self.scaler
        if call == "scale":
            scaler.scale(torch.tensor(1.5))
        elif call == "grads":
            which, values = args
            p = self.parameters[which]
            p.grad = None if values is None else torch.tensor([float(v) for v in values]) * scaler.get_scale()
        elif call == "unscale":
            scaler.unscale_(self.optimizers[args[0]])
        elif call == "step":
            scaler.step(self.optimizers[args[0]])
        elif call == "update":
            scaler.update(*args)
        elif call == "save":
            self.saved = scaler.state_dict()
        elif call == "load":
            scaler.load_state_dict(self.saved or {})

    def outcome(self, event):
        try:
            self.play(*event)
            raised = False
        except (RuntimeError, AssertionError):
            raised = True
        scaler = self.scaler
        values = [[number(v) for v in p.tolist()] for p in self.parameters]
        return [raised, scaler.get_scale(), scaler._get_growth_tracker(), values]


def gradients():
    kind = random.random()
    if kind < 0.1:
        return ["inf", 1.0]
    if kind < 0.15:
        return [0.25, "nan"]
    if kind < 0.18:
        return None
    return [random.choice([0.5, 0.25, -1.0, 2.0]), random.choice([0.125, -0.5, 3.0])]


def proper_step(which):
    events = [["scale"], ["grads", which, gradients()]]
    if random.random() < 0.4:
        events.append(["unscale", which])
    return events + [["step", which]]


def random_event():
    call = random.choice(["scale", "grads", "unscale", "step", "update", "save", "load", "set"])
    which = random.randrange(OPTIMIZERS)
    if call == "grads":
        return [call, which, gradients()]
    if call in ("unscale", "step"):
        return [call, which]
    return ["update", random.choice([256.0, 1024.0])] if call == "set" else [call]


def proper(steps):
    events = []
    for _ in range(steps):
        for which in random.sample(range(OPTIMIZERS), random.choice([1, 1, 2])):
            events += proper_step(which)
        events.append(["update"])
        if random.random() < 0.1:
            events += [["save"], ["load"]]
    return events


def trace(options, events):
    player = Player(options)
    return {"options": options, "events": events, "outcomes": [player.outcome(event) for event in events]}


traces = [trace({}, proper(12))]
traces += [trace({"growth_interval": 3}, proper(20)) for _ in range(2)]
traces += [
    trace({"init_scale": 3.0, "growth_factor": 1.7, "backoff_factor": 0.3, "growth_interval": 2}, proper(16)) for _ in range(1)
]
traces.append(trace({"init_scale": 2.0**120, "growth_factor": 4.0, "growth_interval": 1}, proper(10)))
traces += [trace({"growth_interval": 2}, [random_event() for _ in range(45)]) for _ in range(10)]

json.dump(
    {
        "generator": "tooling/oracle/amp-grad-scaler.py",
        "torch": torch.__version__,
        "python": sys.version.split()[0],
        "defaults": torch.amp.GradScaler("cpu").state_dict(),
        "traces": traces,
    },
    sys.stdout,
)
sys.stdout.write("\n")
