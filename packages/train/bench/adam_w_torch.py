"""The peer of adam-w.mjs: torch.optim.AdamW on the CPU, 2 threads.  python bench/adam_w_torch.py [updates]"""

import sys
import time

import torch

torch.set_num_threads(2)
updates = int(sys.argv[1]) if len(sys.argv) > 1 else 30
layer = [[384, 384], [384]] * 4 + [[384], [384], [1536, 384], [1536], [384, 1536], [384], [384], [384]]
models = {
    "LSTM forecaster": [[128, 6], [128, 32], [128], [128], [16, 35], [16], [1, 16], [1]],
    "LoRA r8 on BERT-base": [[8, 768], [768, 8]] * 24 + [[3, 768], [3]],
    "22M encoder": [[30522, 384], [512, 384], [2, 384], [384], [384]] + layer * 6,
}
for name, shapes in models.items():
    for how in ({}, {"foreach": True}, {"fused": True}):
        parameters = [torch.nn.Parameter(torch.full(shape, 0.5)) for shape in shapes]
        for p in parameters:
            p.grad = torch.full_like(p, 0.1)
        optimizer = torch.optim.AdamW(parameters, **how)
        clock, processor = [], []
        for _ in range(2 * updates):
            start, used = time.perf_counter(), time.process_time()
            optimizer.step()
            clock.append(1e3 * (time.perf_counter() - start))
            processor.append(1e3 * (time.process_time() - used))
        clock, processor = sorted(clock[updates:]), sorted(processor[updates:])
        middle = updates // 2
        print(
            f"torch {torch.__version__} {how or 'default'}, {name}: {clock[middle]:.2f} ({clock[0]:.2f}), "
            f"{processor[middle]:.2f} ({processor[0]:.2f})"
        )
