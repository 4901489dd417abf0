"""PyTorch's side of packages/kernels/bench/ops.mjs, which starts this and asks for one measurement at a time, so that both are
measured in the same minutes.

A request is one JSON line `{"case": …, "backward": bool, "repeats": n, "hidden": …, "heads": …, "lengths": […]}`, the answer one
line with the milliseconds of each repeat. Attention is computed as transformers does by default: padded to the longest sequence,
with a mask. Putting the tokens into the padded layout is not counted.
"""

import json
import os
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(len(os.sched_getaffinity(0)))
RATE = 0.1


def setup(name, hidden, heads, lengths):
    torch.manual_seed(1)
    tokens, longest = sum(lengths), max(lengths)
    leaf = lambda *shape: torch.randn(shape, requires_grad=True)
    if name == "gelu":
        x, bias = leaf(tokens, 4 * hidden), leaf(4 * hidden)
        return [x, bias], lambda: F.gelu(x + bias)
    if name == "dropout":
        x = leaf(tokens, hidden)
        return [x], lambda: F.dropout(x, RATE)
    if name.startswith("sublayer"):
        x, residual = leaf(tokens, hidden), leaf(tokens, hidden)
        bias, gamma, beta = leaf(hidden), leaf(hidden), leaf(hidden)
        rate = RATE if "dropout" in name else 0.0
        norm = lambda: F.layer_norm(F.dropout(x + bias, rate) + residual, (hidden,), gamma, beta, 1e-12)
        return [x, residual, bias, gamma, beta], norm
    q, k, v = (leaf(len(lengths), longest, hidden) for _ in range(3))
    mask = (torch.arange(longest)[None] < torch.tensor(lengths)[:, None])[:, None, None]
    rate = RATE if "dropout" in name else 0.0

    def attention():
        split = [x.view(len(lengths), longest, heads, -1).transpose(1, 2) for x in (q, k, v)]
        return F.scaled_dot_product_attention(*split, attn_mask=mask, dropout_p=rate).transpose(1, 2).reshape(q.shape)

    return [q, k, v], attention


prepared = {}


def measure(case, backward, repeats, hidden, heads, lengths):
    key = (case, hidden)
    if key not in prepared:
        leaves, f = setup(case, hidden, heads, lengths)
        prepared[key] = leaves, f, torch.randn_like(f())
    leaves, f, dy = prepared[key]
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        if backward:
            torch.autograd.grad(f(), leaves, dy)
        else:
            with torch.no_grad():
                f()
        times.append((time.perf_counter() - start) * 1e3)
    return times


print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
for line in sys.stdin:
    print(json.dumps(measure(**json.loads(line))), flush=True)
