"""Reference values for linear layers in int8 by dynamic quantization, by bitsandbytes: LLM.int8 without outliers.

    python tooling/oracle/kernels-dynamic-int8.py > packages/kernels/test/fixtures/dynamic-int8.json

Both factors are quantized row by row, and multiplied with sums in int32, by its ops. Its op that scales the sums takes 6.200124e-05 for 1 / 127²,
which is 1.8e-5 of it too much, so they are scaled here. Arrays are in base64.
"""

import base64
import json
import platform
import sys

import bitsandbytes
import torch

torch.manual_seed(10)
torch.set_num_threads(1)
ops = torch.ops.bitsandbytes


def coded(tensor):
    return base64.b64encode(tensor.detach().contiguous().numpy().tobytes()).decode()


def linear(x, weight, bias):
    x_codes, x_scales, _ = ops.int8_vectorwise_quant.default(x)
    weight_codes, weight_scales, _ = ops.int8_vectorwise_quant.default(weight)
    sums = ops.int8_linear_matmul.default(x_codes, weight_codes)
    scaled = sums.double() * x_scales[:, None].double() * weight_scales[None, :].double() / 127**2
    theirs = ops.int8_mm_dequant.default(sums, x_scales, weight_scales, dtype=torch.float32)
    assert sums.dtype == torch.int32 and torch.allclose(theirs, scaled.float(), rtol=2e-5, atol=0)
    return (scaled + bias.double()).float()


def case(rows, features, out, x=None, weight=None):
    x = torch.randn(rows, features) if x is None else x
    weight = torch.randn(out, features) / features**0.5 if weight is None else weight
    bias = torch.randn(out)
    y = linear(x, weight, bias)
    exact = torch.nn.functional.linear(x, weight, bias)
    return {"rows": rows, "in": features, "out": out, "x": coded(x), "weight": coded(weight), "bias": coded(bias), "y": coded(y),
            "quantizationError": ((y - exact).norm() / exact.norm()).item()}


def signs(*shape):
    return torch.where(torch.rand(*shape) < 0.5, -1.0, 1.0)


outlier = torch.randn(3, 64)
outlier[1, 5] = 3e4
json.dump(
    {
        "generator": "tooling/oracle/kernels-dynamic-int8.py",
        "bitsandbytes": bitsandbytes.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "cases": {
            "usual": case(13, 96, 40),
            "odd widths": case(7, 77, 45),
            "all codes 127 or -127": case(5, 260, 9, signs(5, 260), signs(9, 260)),
            "all codes 127": case(2, 512, 3, torch.ones(2, 512), torch.ones(3, 512)),
            "an outlier": case(3, 64, 9, outlier),
        },
    },
    sys.stdout,
)
print()
