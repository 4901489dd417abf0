"""The peer of encoder.mjs: transformers' BertForSequenceClassification on PyTorch, the same shape, lengths and steps; batches
padded to their longest headline, as given and sorted by length first ("length-grouped").

Run: python bench/encoder_torch.py [rounds]
"""

import json
import sys
import time
from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification

rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 2
BATCH = 32
lengths = json.loads((Path(__file__).parent / "headline-lengths.json").read_text())
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
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            for batch in batches:
                step(batch)
            times.append(time.perf_counter() - start)
        best = min(times)
        print(f"{what}, {kind}: {len(lengths) / best:.1f} headlines/s, {1000 * best / len(batches):.0f} ms per batch", flush=True)
