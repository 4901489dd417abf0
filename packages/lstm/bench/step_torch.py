"""The peer of step.mjs: the same step in PyTorch on the CPU, 2 threads.  python bench/step_torch.py [steps]"""

import sys
import time

import torch

torch.set_num_threads(2)
steps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
lstm = torch.nn.LSTM(6, 32, batch_first=True)
x = torch.randn(32, 10, 6)


def forward():
    return lstm(x)[1][0].square().sum()


def both():
    lstm.zero_grad()
    forward().backward()


def timed(run):
    for _ in range(20):
        run()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - start))
    times.sort()
    return f"{times[steps // 2]:.2f} ({times[0]:.2f})"


with torch.no_grad():
    alone = timed(forward)
print(f"torch {torch.__version__}: forward {alone}, forward + backward {timed(both)}")
