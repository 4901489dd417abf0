"""Reference values for 8-bit AdamW: bitsandbytes' dynamic maps, quantization, and 100 updates.

    python tooling/oracle/train-8bit.py > packages/kernels/test/fixtures/adam-w-8bit.json

bitsandbytes has no 8-bit optimizer for CPUs. The updates are by `update` below, written from the paper with bitsandbytes'
`dequantize_blockwise` and `quantize_blockwise`, and by `optimizer_update_8bit_blockwise_pytorch`, its own form in PyTorch for other devices
(import it needs the package triton). Codes are by its kernel for all devices; its CPU kernel first rounds to 65,536 steps, and its codes are
given beside them. Arrays are in base64. Weights and gradients are not stored: those of element i of tensor p are `initial(p, i)` and, at
step t, `gradient(p, i, t)`, which the test computes too.
"""

import base64
import json
import math
import os
import sys

os.environ["TORCHDYNAMO_DISABLE"] = "1"

import bitsandbytes
import bitsandbytes.functional as F
import numpy
import torch

torch.manual_seed(3)
torch.set_num_threads(1)
BLOCK = 256
STEPS = 100
SHAPES = {"dense.weight": [64, 64], "last.weight": [4100]}
SCALES = {"dense.weight": 1.0, "last.weight": 1e-5}
SETTINGS = {"lr": 1e-2, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.05}
MAPS = {"signed": F.create_dynamic_map(signed=True), "unsigned": F.create_dynamic_map(signed=False)}
QUANTIZE = torch.ops.bitsandbytes.quantize_blockwise.default
ANY_DEVICE = torch._C.DispatchKey.CompositeExplicitAutograd


def coded(tensor):
    return base64.b64encode(tensor.detach().contiguous().numpy().tobytes()).decode()


def quantize(values, code, blocksize=BLOCK):
    return QUANTIZE._op_dk(ANY_DEVICE, values, code, blocksize)


def quantization():
    generator = torch.Generator().manual_seed(5)
    normal = torch.randn(600, generator=generator)
    cases = {
        "normal": ("signed", normal),
        "squares": ("unsigned", normal.square()),
        "magnitudes": ("signed", normal.sign() * 10 ** (-9 * torch.rand(600, generator=generator))),
        "small": ("unsigned", 1e-30 * normal.abs()),
        "zeros": ("signed", torch.cat([torch.zeros(256), normal[:200], torch.zeros(56), normal[200:300]])),
    }
    results = {}
    for name, (signed, values) in cases.items():
        codes, absmax = quantize(values, MAPS[signed])
        cpu, cpu_absmax = QUANTIZE(values, MAPS[signed], BLOCK)
        assert torch.equal(absmax, cpu_absmax)
        back = F.dequantize_blockwise(codes, absmax=absmax, code=MAPS[signed], blocksize=BLOCK)
        results[name] = {
            "map": signed,
            "values": coded(values),
            "codes": coded(codes),
            "absmax": coded(absmax),
            "dequantized": coded(back),
            "cpuCodes": coded(cpu),
        }
    return results


def initial(name, index):
    return math.sin(0.37 * index + len(name))


def gradient(name, index, step):
    number = list(SHAPES).index(name)
    return SCALES[name] * math.sin(0.7 * index + 0.13 * step * (number + 1) + number) * math.cos(0.011 * index * index)


def update(p, g, state, step, lr):
    """One update of the paper."""
    beta1, beta2 = SETTINGS["betas"]
    m = F.dequantize_blockwise(state["m"], absmax=state["am"], code=MAPS["signed"], blocksize=BLOCK)
    v = F.dequantize_blockwise(state["v"], absmax=state["av"], code=MAPS["unsigned"], blocksize=BLOCK)
    m = m * beta1 + g * (1 - beta1)
    v = v * beta2 + (g * (1 - beta2)) * g
    p.mul_(1 - lr * SETTINGS["weight_decay"])
    correction = math.sqrt(1 - beta2**step)
    root = torch.from_numpy(numpy.sqrt(v.numpy()))  # torch's own is not always rounded to the nearest
    p.sub_(lr * correction / (1 - beta1**step) * m / (root + SETTINGS["eps"] * correction))
    state["m"], state["am"] = quantize(m, MAPS["signed"])
    state["v"], state["av"] = quantize(v, MAPS["unsigned"])


def own_update(p, g, state, step, lr):
    """The same by bitsandbytes."""
    from bitsandbytes.backends.triton.kernels_optim import optimizer_update_8bit_blockwise_pytorch

    beta1, beta2 = SETTINGS["betas"]
    optimizer_update_8bit_blockwise_pytorch(
        p, g, state["m"], state["v"], beta1, beta2, 0.0, 0.0, SETTINGS["eps"], step, lr, MAPS["signed"], MAPS["unsigned"],
        state["am"], state["av"], SETTINGS["weight_decay"], 1.0, False, optimizer_name="adam",
    )


def run(step_by, name):
    size = math.prod(SHAPES[name])
    blocks = -(-size // BLOCK)
    p = torch.tensor([initial(name, i) for i in range(size)])
    state = {
        "m": torch.zeros(size, dtype=torch.uint8), "v": torch.zeros(size, dtype=torch.uint8),
        "am": torch.zeros(blocks), "av": torch.zeros(blocks),
    }
    for step in range(1, STEPS + 1):
        g = torch.tensor([gradient(name, i, step) for i in range(size)])
        step_by(p, g, state, step, SETTINGS["lr"] * 0.5 * (1 + math.cos(math.pi * (step - 1) / STEPS)))
    return {"weights": p, **state}


def trajectory():
    results = {}
    for name in SHAPES:
        paper, own = run(update, name), run(own_update, name)
        apart = (paper["weights"] - own["weights"]).abs()
        codes = {k: (paper[k] != own[k]).sum().item() for k in ("m", "v")}
        print(f"{name}: paper against own, {(apart > 1e-6).sum()} of {apart.numel()} weights differ by more than 1e-6, "
              f"at most {apart.max():.1e}; codes that differ: {codes}", file=sys.stderr)
        results[name] = {"paper": {k: coded(t) for k, t in paper.items()}, "own": coded(own["weights"])}
    return {"steps": STEPS, "shapes": SHAPES, "scales": SCALES, "settings": SETTINGS, "tensors": results}


json.dump(
    {
        "generator": "tooling/oracle/train-8bit.py",
        "bitsandbytes": bitsandbytes.__version__,
        "torch": torch.__version__,
        "python": sys.version.split()[0],
        "block": BLOCK,
        "maps": {name: coded(values) for name, values in MAPS.items()},
        "quantization": quantization(),
        "trajectory": trajectory(),
    },
    sys.stdout,
)
sys.stdout.write("\n")
