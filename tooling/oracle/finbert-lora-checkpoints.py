"""Fixtures of packages/finbert-lora/test/fixtures/checkpoints: small files that torch.save itself wrote.

Run: python tooling/oracle/finbert-lora-checkpoints.py
"""

import json
import pathlib
import sys
from collections import OrderedDict

import torch

OUT = pathlib.Path(__file__).parents[2] / "packages/finbert-lora/test/fixtures/checkpoints"
OUT.mkdir(parents=True, exist_ok=True)
DTYPES = {
    torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
    torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.uint16: "U16",
    torch.uint32: "U32", torch.uint64: "U64", torch.bool: "BOOL", torch.float8_e4m3fn: "F8_E4M3",
}
torch.manual_seed(11)


def describe(state):
    described = {}
    for name, tensor in state.items():
        bits = tensor.detach().contiguous().reshape(-1)
        raw = bits.view(torch.uint8).numpy().tobytes() if bits.numel() else b""
        described[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "hex": raw.hex()}
    return described


def every_dtype():
    state = OrderedDict()
    for dtype, name in DTYPES.items():
        values = torch.randn(2, 3) * 3 if dtype.is_floating_point else torch.randint(0, 2 if dtype == torch.bool else 100, (2, 3))
        state[f"plain.{name}"] = values.to(dtype)
    for dtype in (torch.uint8, torch.bfloat16, torch.float32, torch.float64):
        base = torch.arange(60).to(dtype).reshape(3, 4, 5)
        state[f"transposed.{DTYPES[dtype]}"] = base.permute(2, 0, 1)
        state[f"sliced.{DTYPES[dtype]}"] = base[1:, ::2, 1:4]
    return state


def module():
    layer = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2), torch.nn.BatchNorm1d(2))
    return layer.state_dict()  # an OrderedDict with _metadata, so BUILD


def shared():
    base = torch.arange(12, dtype=torch.float32)
    return {
        "a": base[:6].reshape(2, 3), "b": base[3:9], "same as b": base[3:9], "reversed columns": base.reshape(3, 4).t(),
        "scalar": torch.tensor(1.5), "empty": torch.zeros(0, 4), "one row": base[4:8].reshape(1, 4),
        "parameter": torch.nn.Parameter(torch.ones(2)), "position_ids": torch.arange(5).expand((1, -1)),
        "diagonal": torch.as_strided(base, (3,), (4,)), "overlapping": torch.as_strided(base, (3, 2), (1, 1), 2),
    }


good = {"every-dtype": every_dtype(), "module": module(), "shared": shared()}
for name, state in good.items():
    torch.save(state, OUT / f"{name}.bin")
    torch.save(state, OUT / f"legacy-{name}.bin", _use_new_zipfile_serialization=False)
wrapped = {"state_dict": {"w": torch.ones(2)}, "epoch": 3, "optimizer": [1.5, None, (True, "x")]}
torch.save(wrapped, OUT / "wrapped.bin")
good["wrapped"] = wrapped["state_dict"]

torch.save({"w": torch.ones(2)}, OUT / "protocol4.bin", pickle_protocol=4)
torch.save({"w": torch.ones(1).expand(1000, 1000)}, OUT / "expanded.bin")
torch.save({"w": torch.ones(2), "n": 3}, OUT / "not-all-tensors.bin")
torch.save(torch.nn.Linear(2, 2), OUT / "whole-module.bin")
torch.save({"w": torch.eye(2).to_sparse()}, OUT / "sparse.bin")
torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), str(OUT / "torchscript.bin"))

fixture = {
    "versions": {"torch": torch.__version__, "python": sys.version.split()[0]},
    "checkpoints": {name: describe(state) for name, state in good.items()},
}
(OUT / "values.json").write_text(json.dumps(fixture, indent=1) + "\n")
for path in sorted(OUT.iterdir()):
    print(path.name, path.stat().st_size)
