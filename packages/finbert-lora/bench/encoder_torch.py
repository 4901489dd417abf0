"""The peer of encoder.mjs: transformers' BertForSequenceClassification on PyTorch, the same shape, lengths and steps; batches
padded to their longest headline, as given and sorted by length first ("length-grouped").

Run: python bench/encoder_torch.py [rounds] [batches]
"""

import json
import sys
import time
from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification

rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
limit = int(sys.argv[2]) if len(sys.argv) > 2 else 20
BATCH = 32
lengths = json.loads((Path(__file__).parent / "fixtures/headline-lengths.json").read_text())[: limit * BATCH]
config = BertConfig(hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536, num_labels=3)
model = BertForSequenceClassification(config)
print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")


def batches_of(lengths):
    result = []
    for i in range(0, len(lengths), BATCH):
        part = lengths[i : i + BATCH]
        ids = torch.randint(1000, 20000, (len(part), max(part)))
        mask = torch.tensor([[1] * n + [0] * (max(part) - n) for n in part])
        result.append(dict(input_ids=ids * mask, attention_mask=mask, labels=torch.arange(len(part)) % 3))
    return result


def infer(batch):
    with torch.inference_mode():
        model(**batch)


def train(batch):
    model(**batch).loss.backward()
    model.zero_grad()


for what, stays, step in (
    ("inference", ("",), infer),
    ("training, whole", ("",), train),
    ("training, query + value + head", ("self.query", "self.value", "classifier"), train),
):
    model.train(step is train)
    for name, parameter in model.named_parameters():
        parameter.requires_grad = any(part in name for part in stays)
    for kind, batches in (("default padding", batches_of(lengths)), ("length-grouped", batches_of(sorted(lengths)))):
        step(batches[0])
        # The best of the rounds for each batch: other work on the machine comes and goes.
        best = [float("inf")] * len(batches)
        for _ in range(rounds):
            for i, batch in enumerate(batches):
                start = time.perf_counter()
                step(batch)
                best[i] = min(best[i], time.perf_counter() - start)
        total = sum(best)
        print(f"{what}, {kind}: {len(lengths) / total:.1f} headlines/s, {1000 * total / len(batches):.0f} ms per batch", flush=True)
