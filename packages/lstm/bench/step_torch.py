"""The peer of step.mjs: the same steps in PyTorch on the CPU, 2 threads.  python bench/step_torch.py [steps]"""

import sys
import time

import torch

torch.set_num_threads(2)
steps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
models = [
    {"hidden_size": 32, "num_layers": 1},
    {"hidden_size": 32, "num_layers": 2, "dropout": 0.1},
    {"hidden_size": 128, "num_layers": 2, "dropout": 0.1},
]


def timed(run):
    for _ in range(steps):
        run()
    clock, processor = [], []
    for _ in range(steps):
        start, used = time.perf_counter(), time.process_time()
        run()
        clock.append(1e3 * (time.perf_counter() - start))
        processor.append(1e3 * (time.process_time() - used))
    return ", ".join(f"{sorted(times)[steps // 2]:.2f} ({min(times):.2f})" for times in (clock, processor))


for model in models:
    lstm = torch.nn.LSTM(6, batch_first=True, **model)
    x = torch.randn(32, 10, 6)

    def forward():
        return lstm(x)[1][0][0].square().sum()

    def both():
        lstm.zero_grad()
        forward().backward()

    with torch.no_grad():
        alone = timed(forward)
    print(f"torch {torch.__version__}, {model}: forward {alone}; forward + backward {timed(both)}")
