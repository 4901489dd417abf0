"""Reference values of PyTorch for @fin/kernels: GELU, the end of a post-norm sublayer, and attention within sequences, with every
gradient. Computed in float32, as the ops are.

    python tooling/oracle/kernels-ops.py > packages/kernels/test/fixtures/torch.json
"""

import json
import sys

import torch
import torch.nn.functional as F

torch.manual_seed(5)
torch.set_num_threads(1)


def entry(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{x:.9g}") for x in tensor.detach().reshape(-1).tolist()]}


def case(name, op, inputs, f, **facts):
    """`inputs` by name, each differentiated; the upstream gradient weighs every element of the output by a number of its own."""
    leaves = {k: v.clone().requires_grad_() for k, v in inputs.items()}
    output = f(**leaves)
    dy = torch.randn_like(output)
    gradients = torch.autograd.grad(output, list(leaves.values()), dy)
    return {
        "name": name,
        "op": op,
        **facts,
        "inputs": {k: entry(v) for k, v in inputs.items()},
        "dy": entry(dy),
        "output": entry(output),
        "gradients": dict(zip(leaves, map(entry, gradients))),
    }


def attention(heads, lengths):
    def run(q, k, v):
        parts = []
        for rows in zip(*(x.split(lengths) for x in (q, k, v))):
            split = [x.view(len(x), heads, -1).transpose(0, 1) for x in rows]  # [heads, length, head_dim]
            parts.append(F.scaled_dot_product_attention(*split).transpose(0, 1).reshape(rows[0].shape))
        return torch.cat(parts)

    return run


def normal(*shape, std=1.0):
    return torch.randn(shape) * std


lengths = [5, 1, 18]
tokens = sum(lengths)
cases = [
    case("gelu", "gelu", {"x": normal(4, 19, std=2.0)}, lambda x: F.gelu(x)),
    case("gelu with bias", "gelu", {"x": normal(5, 33), "bias": normal(33)}, lambda x, bias: F.gelu(x + bias)),
    case(
        "layer norm",
        "layerNorm",
        {"x": normal(6, 35, std=3.0), "gamma": normal(35), "beta": normal(35)},
        lambda x, gamma, beta: F.layer_norm(x, (35,), gamma, beta, 1e-12),
        eps=1e-12,
    ),
    case(
        "sublayer",
        "layerNorm",
        {"x": normal(7, 24), "gamma": normal(24), "beta": normal(24), "residual": normal(7, 24), "bias": normal(24)},
        lambda x, gamma, beta, residual, bias: F.layer_norm(x + bias + residual, (24,), gamma, beta, 1e-5),
        eps=1e-5,
    ),
    case(
        "attention",
        "packedAttention",
        {name: normal(tokens, 3 * 10) for name in "qkv"},
        attention(3, lengths),
        heads=3,
        lengths=lengths,
    ),
]
json.dump(
    {"generator": "tooling/oracle/kernels-ops.py", "torch": torch.__version__, "python": sys.version.split()[0], "cases": cases},
    sys.stdout,
)
sys.stdout.write("\n")
