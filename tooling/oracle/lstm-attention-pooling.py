"""Reference values of AttentionPooling of @fin/lstm: the equations 5 to 7 of Hierarchical Attention Networks (Yang et al. 2016) in
PyTorch, with every gradient.

    python tooling/oracle/lstm-attention-pooling.py > packages/lstm/test/fixtures/attention-pooling.json
"""

import json
import sys

import torch

torch.manual_seed(11)
torch.set_num_threads(1)


def entry(tensor):
    return {"shape": list(tensor.shape), "data": [float(f"{value:.9g}") for value in tensor.detach().reshape(-1).tolist()]}


def case(name, batch, time, hidden):
    linear = torch.nn.Linear(hidden, hidden)
    query = torch.randn(hidden, 1, requires_grad=True)
    output = torch.randn(batch, time, hidden, requires_grad=True)
    keys = torch.tanh(linear(output))
    weights = torch.softmax((keys @ query).squeeze(-1), dim=1)
    pooled = (weights.unsqueeze(-1) * output).sum(dim=1)
    loss_weights = torch.randn_like(pooled)
    (pooled * loss_weights).sum().backward()
    parameters = {"weight": linear.weight, "bias": linear.bias, "query": query}
    return {
        "name": name,
        "parameters": {n: entry(p) for n, p in parameters.items()},
        "output": entry(output),
        "lossWeights": entry(loss_weights),
        "pooled": entry(pooled),
        "gradients": {"output": entry(output.grad), **{n: entry(p.grad) for n, p in parameters.items()}},
    }


cases = [case("a window", 3, 5, 4), case("one time step", 2, 1, 3)]
json.dump(
    {
        "generator": "tooling/oracle/lstm-attention-pooling.py",
        "torch": torch.__version__,
        "python": sys.version.split()[0],
        "cases": cases,
    },
    sys.stdout,
)
sys.stdout.write("\n")
