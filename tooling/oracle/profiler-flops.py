"""Floating-point operations that torch's flop counter finds in a small encoder like BERT's, forward and backward, for @fin/profiler.

    python tooling/oracle/profiler-flops.py > packages/profiler/test/fixtures/torch-flops.json
"""

import json
import sys

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode, sdpa_backward_flop_count, sdpa_flop_count

HEADS = 4


class Layer(nn.Module):
    def __init__(self, hidden, intermediate):
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(hidden, hidden) for _ in range(4))
        self.norm, self.norm2 = nn.LayerNorm(hidden), nn.LayerNorm(hidden)
        self.intermediate, self.output = nn.Linear(hidden, intermediate), nn.Linear(intermediate, hidden)

    def forward(self, x):
        batch, length, hidden = x.shape
        q, k, v = (f(x).view(batch, length, HEADS, hidden // HEADS).transpose(1, 2) for f in (self.query, self.key, self.value))
        context = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, length, hidden)
        x = self.norm(x + self.out(context))
        return self.norm2(x + self.output(F.gelu(self.intermediate(x))))


def count(work):
    """Operations of the products of matrices, and of the batched ones, which are attention's."""
    with FlopCounterMode(display=False) as counter:
        result = work()
    ops = {str(op): flops for op, flops in counter.get_flop_counts()["Global"].items()}
    batched = ops.pop("aten.bmm", 0)
    return result, {"products": sum(ops.values()), "composedAttention": batched}


def case(layers, batch, length, hidden, intermediate):
    torch.manual_seed(1)
    model = nn.Sequential(*(Layer(hidden, intermediate) for _ in range(layers)))
    x = torch.randn(batch, length, hidden, requires_grad=True)
    # The counter has no formula for the CPU's fused attention. So attention runs composed, and the formula for other fused ones is called.
    with sdpa_kernel(SDPBackend.MATH):
        loss, forward = count(lambda: model(x).sum())
        _, backward = count(loss.backward)
    heads = (batch, HEADS, length, hidden // HEADS)
    forward["fusedAttention"] = layers * sdpa_flop_count(heads, heads, heads)
    backward["fusedAttention"] = layers * sdpa_backward_flop_count(heads, heads, heads, heads)
    shape = {"layers": layers, "batch": batch, "length": length, "hidden": hidden, "intermediate": intermediate, "heads": HEADS}
    return {**shape, "forward": forward, "backward": backward}


json.dump(
    {
        "generator": "tooling/oracle/profiler-flops.py",
        "torch": torch.__version__,
        "cases": [case(2, 3, 7, 32, 64), case(1, 2, 16, 64, 256)],
    },
    sys.stdout,
)
sys.stdout.write("\n")
