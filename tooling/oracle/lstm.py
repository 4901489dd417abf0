"""Reference values of torch.nn.LSTM for @fin/lstm: weights, input, outputs, h_n, c_n and every gradient.

    python tooling/oracle/lstm.py > packages/lstm/test/fixtures/lstm.json

The loss weighs every output, h_n and c_n by a fixed number of its own, so no gradient can be right by accident.
"""

import json
import sys

import torch

torch.manual_seed(7)
torch.set_num_threads(1)


def flat(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().reshape(-1).tolist()]


def entry(tensor):
    return {"shape": list(tensor.shape), "data": flat(tensor)}


def case(name, input_size, hidden_size, layers, batch, time, lift=0.0):
    lstm = torch.nn.LSTM(input_size, hidden_size, layers, batch_first=True)
    with torch.no_grad():
        for name_, parameter in lstm.named_parameters():
            if name_.startswith("bias_ih"):
                parameter[: 3 * hidden_size] += lift
    x = torch.randn(batch, time, input_size, requires_grad=True)
    output, (hidden, cell) = lstm(x)
    weigh = [torch.randn_like(t) for t in (output, hidden, cell)]
    loss = sum((t * w).sum() for t, w in zip((output, hidden, cell), weigh))
    loss.backward()
    return {
        "name": name,
        "inputSize": input_size,
        "hiddenSize": hidden_size,
        "numLayers": layers,
        "parameters": {n: entry(p) for n, p in lstm.named_parameters()},
        "x": entry(x),
        "lossWeights": {"output": entry(weigh[0]), "hidden": entry(weigh[1]), "cell": entry(weigh[2])},
        "output": entry(output),
        "hidden": entry(hidden),
        "cell": entry(cell),
        "loss": loss.item(),
        "gradients": {"x": entry(x.grad), **{n: entry(p.grad) for n, p in lstm.named_parameters()}},
    }


cases = [
    case("one layer", 3, 4, 1, 2, 5),
    case("two layers", 5, 6, 2, 3, 4),
    case("one time step, one sample", 2, 3, 1, 1, 1),
    # Input, forget and cell gates held open: the cell grows past the 3 at which TensorFlow's older op clips it.
    case("open gates", 3, 4, 1, 2, 8, lift=3.0),
]
json.dump({"generator": "tooling/oracle/lstm.py", "torch": torch.__version__, "python": sys.version.split()[0], "cases": cases}, sys.stdout)
sys.stdout.write("\n")
