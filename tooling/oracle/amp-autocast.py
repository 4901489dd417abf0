"""Reference values of torch.autocast on the CPU in bfloat16 for @fin/amp: outputs, their dtypes, every gradient; and torch's op lists.

    python tooling/oracle/amp-autocast.py > packages/amp/test/fixtures/autocast.json

Each case is a function of float32 tensors. The loss weighs every output element by a fixed number of its own, outside of autocast, so
no gradient can be right by accident. Images are [batch, height, width, channels] in the fixture, as tfjs has them.
The lists are read from the header that torch ships (ATen/autocast_mode.h); they are those of CUDA, on which every accelerator's rest.
"""

import json
import re
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

torch.manual_seed(11)
torch.set_num_threads(1)


def entry(tensor):
    values = tensor.detach().float().contiguous().reshape(-1).tolist()
    return {"shape": list(tensor.shape), "data": [float(f"{value:.6g}") for value in values]}


def randn(*shape):
    return (torch.randn(*shape) * 1000).round() / 1000


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def filters(w):
    """[height, width, in, out] as tfjs has it -> [out, in, height, width]."""
    return w.permute(3, 2, 0, 1)


def attention(q, k, v):
    scores = torch.matmul(q, k.transpose(-1, -2)) / q.shape[-1] ** 0.5
    return torch.matmul(F.softmax(scores, -1), v)


def bert_feed_forward(x, w1, b1, w2, b2, gamma, beta):
    inner = F.gelu(x @ w1 + b1)
    return F.layer_norm(x + (inner @ w2 + b2), (x.shape[-1],), gamma, beta, 1e-12)


def lstm_cell(x, h, c, w, u, b):
    gates = x @ w + h @ u + b
    i, f, g, o = gates.chunk(4, -1)
    cell = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(cell)


LABELS = torch.tensor([0, 2, 1, 2, 0, 1])

CASES = {
    "matMul": (lambda a, b: a @ b, [randn(6, 8), randn(8, 5)]),
    "matMul, transposed": (lambda a, b: a.T @ b.T, [randn(8, 6), randn(5, 8)]),
    "batched matMul": (torch.matmul, [randn(2, 3, 4, 5), randn(2, 3, 5, 4)]),
    "linear": (lambda x, w, b: F.linear(x, w, b), [randn(6, 8), randn(5, 8), randn(5)]),
    "einsum": (lambda a, b: torch.einsum("bij,bkj->bik", a, b), [randn(2, 4, 6), randn(2, 3, 6)]),
    "conv2d": (
        lambda x, w: nhwc(F.conv2d(nchw(x), filters(w), padding=1)),
        [randn(1, 5, 5, 2), randn(3, 3, 2, 3)],
    ),
    "conv2d, transposed": (
        lambda x, w: nhwc(F.conv_transpose2d(nchw(x), w.permute(3, 2, 0, 1), stride=2)),
        [randn(1, 3, 3, 3), randn(2, 2, 2, 3)],
    ),
    "depthwise conv2d": (
        lambda x, w: nhwc(F.conv2d(nchw(x), w.permute(2, 3, 0, 1), padding=1, groups=2)),
        [randn(1, 5, 5, 2), randn(3, 3, 2, 1)],
    ),
    "softmax of a product": (lambda a, b: F.softmax(a @ b, -1), [randn(6, 8), randn(8, 5)]),
    "logSoftmax of a product": (lambda a, b: F.log_softmax(a @ b, -1), [randn(6, 8), randn(8, 5)]),
    "cross entropy of a product": (
        lambda a, b: F.cross_entropy(a @ b, LABELS).reshape(1),
        [randn(6, 8), randn(8, 3)],
    ),
    "mean squared error of a product": (
        lambda a, b, y: F.mse_loss(a @ b, y).reshape(1),
        [randn(6, 8), randn(8, 3), randn(6, 3)],
    ),
    "gelu of a product": (lambda a, b: F.gelu(a @ b), [randn(6, 8), randn(8, 5)]),
    "relu of a product": (lambda a, b: F.relu(a @ b), [randn(6, 8), randn(8, 5)]),
    "tanh of a product": (lambda a, b: torch.tanh(a @ b / 4), [randn(6, 8), randn(8, 5)]),
    "sigmoid of a product": (lambda a, b: torch.sigmoid(a @ b), [randn(6, 8), randn(8, 5)]),
    "exp of a product": (lambda a, b: torch.exp(a @ b / 4), [randn(6, 8), randn(8, 5)]),
    "log of a product": (lambda a, b: torch.log((a @ b).abs() + 1), [randn(6, 8), randn(8, 5)]),
    "rsqrt of a product": (lambda a, b: torch.rsqrt((a @ b).abs() + 1), [randn(6, 8), randn(8, 5)]),
    "power of a product": (lambda a, b: ((a @ b).abs() + 1) ** 1.5, [randn(6, 8), randn(8, 5)]),
    "sum of a product": (lambda a, b: (a @ b).sum(-1), [randn(6, 8), randn(8, 5)]),
    "mean of a product": (lambda a, b: (a @ b).mean(-1), [randn(6, 8), randn(8, 5)]),
    "norm of a product": (lambda a, b: (a @ b).norm(dim=-1), [randn(6, 8), randn(8, 5)]),
    "maximum of a product": (lambda a, b: (a @ b).amax(-1), [randn(6, 8), randn(8, 5)]),
    "layer norm of a product": (
        lambda a, b, g, c: F.layer_norm(a @ b, (5,), g, c, 1e-12),
        [randn(6, 8), randn(8, 5), randn(5), randn(5)],
    ),
    "product scaled by a number": (lambda a, b: (a @ b) * 0.3 + 1, [randn(6, 8), randn(8, 5)]),
    "product plus float32": (lambda a, b, c: a @ b + c, [randn(6, 8), randn(8, 5), randn(6, 5)]),
    "product times product": (lambda a, b, c: (a @ b) * (a @ c), [randn(6, 8), randn(8, 5), randn(8, 5)]),
    "product beside float32": (lambda a, b, c: torch.cat([a @ b, c], 0), [randn(6, 8), randn(8, 5), randn(3, 5)]),
    "rows of a product": (lambda a, b: (a @ b)[[4, 0, 4]], [randn(6, 8), randn(8, 5)]),
    "float32 alone": (lambda a, c: torch.exp(a * 0.1 + c).sum(-1), [randn(6, 5), randn(5)]),
    "attention": (attention, [randn(2, 2, 5, 4), randn(2, 2, 5, 4), randn(2, 2, 5, 4)]),
    "feed forward": (
        bert_feed_forward,
        [randn(6, 8), randn(8, 12) / 2, randn(12), randn(12, 8) / 4, randn(8), randn(8), randn(8)],
    ),
    "LSTM cell": (
        lstm_cell,
        [randn(3, 4), randn(3, 5), randn(3, 5), randn(4, 20) / 2, randn(5, 20) / 2, randn(20)],
    ),
}


def run(name, fn, inputs):
    inputs = [x.clone().requires_grad_() for x in inputs]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = fn(*inputs)
    weights = randn(*output.shape)
    (output.float() * weights).sum().backward()
    return {
        "name": name,
        "inputs": [entry(x) for x in inputs],
        "output": {**entry(output), "dtype": str(output.dtype).removeprefix("torch.")},
        "lossWeights": entry(weights),
        "gradients": [entry(x.grad) for x in inputs],
    }


def op_lists():
    header = (Path(torch.__file__).parent / "include/ATen/autocast_mode.h").read_text()

    def macro(name):
        body = re.search(rf"#define {name}\(_\)(.*?[^\\])\n", header, re.S).group(1)
        return list(dict.fromkeys(re.findall(r"_\((?:ADD_NS\()?(\w+)", body)))

    return {
        "lower": macro("AT_FORALL_LOWER_PRECISION_FP"),
        "float32": macro("AT_FORALL_FP32") + macro("AT_FORALL_FP32_SET_OPT_DTYPE")
        + macro("AT_FORALL_DIFFERENT_REDISPATCH_SIGNATURE"),
        "widest": macro("AT_FORALL_PROMOTE"),
    }


json.dump(
    {
        "generator": "tooling/oracle/amp-autocast.py",
        "torch": torch.__version__,
        "python": sys.version.split()[0],
        "lists": op_lists(),
        "cases": [run(name, *case) for name, case in CASES.items()],
    },
    sys.stdout,
)
sys.stdout.write("\n")
