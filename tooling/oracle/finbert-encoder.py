"""Writes packages/finbert-lora/test/fixtures/encoder-*.json: what transformers' BertForSequenceClassification makes of a
small padded batch, and every gradient of its loss.

The weights are not in the files: a formula on integers, `hashed` here and in test/support/hashed-weights.ts, makes the same
float32 values on both sides.

Run: python tooling/oracle/finbert-encoder.py
"""

import json
import zlib
from pathlib import Path

import numpy as np
import torch
import transformers
from transformers import BertConfig, BertForSequenceClassification

FIXTURES = Path(__file__).parents[2] / "packages/finbert-lora/test/fixtures"
CONFIGS = {
    "gelu": dict(num_hidden_layers=2, hidden_size=12, num_attention_heads=4, intermediate_size=20, vocab_size=40,
                 max_position_embeddings=16, hidden_act="gelu", layer_norm_eps=1e-12, num_labels=3),
    "gelu-new": dict(num_hidden_layers=1, hidden_size=6, num_attention_heads=3, intermediate_size=10, vocab_size=20,
                     max_position_embeddings=12, hidden_act="gelu_new", layer_norm_eps=1e-5, num_labels=2),
    "relu": dict(num_hidden_layers=3, hidden_size=4, num_attention_heads=1, intermediate_size=6, vocab_size=20,
                 max_position_embeddings=12, type_vocab_size=3, hidden_act="relu", layer_norm_eps=1e-12, num_labels=4),
}
LENGTHS = [5, 3, 9, 5, 2, 7, 5, 9]


def hashed(name, count):
    """`count` float32 values in [-0.5, 0.5), from the CRC-32 of a name and the place of each (xorshift, multiply)."""
    x = np.arange(count, dtype=np.uint32) + np.uint32(zlib.crc32(name.encode()))
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    x ^= x >> np.uint32(16)
    return (x >> np.uint32(8)).astype(np.float32) / np.float32(1 << 24) - np.float32(0.5)


def weight(name, shape):
    """Norms around 1, biases around 0, everything else wide enough that attention and activations are far from linear."""
    values = torch.from_numpy(hashed(name, int(np.prod(shape)))).reshape(shape)
    if name.endswith("LayerNorm.weight"):
        return 1 + 0.5 * values
    return values


def numbers(tensor):
    return [float(f"{value:.8g}") for value in tensor.detach().flatten().tolist()]


for name, settings in CONFIGS.items():
    config = BertConfig(**settings, hidden_dropout_prob=0, attention_probs_dropout_prob=0, attn_implementation="eager")
    model = BertForSequenceClassification(config).train()
    with torch.no_grad():
        for path, parameter in model.named_parameters():
            parameter.copy_(weight(path, tuple(parameter.shape)))
    sequences = [
        [1 + int(u * (config.vocab_size - 1)) for u in hashed(f"ids {i}", n) + np.float32(0.5)] for i, n in enumerate(LENGTHS)
    ]
    types = [[int(u * config.type_vocab_size) for u in hashed(f"types {i}", n) + np.float32(0.5)] for i, n in enumerate(LENGTHS)]
    labels = [int(u * config.num_labels) for u in hashed("labels", len(LENGTHS)) + np.float32(0.5)]
    class_weights = [1 + i / 2 for i in range(config.num_labels)]
    longest = max(LENGTHS)
    pad = lambda rows, value: torch.tensor([row + [value] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * n + [0] * (longest - n) for n in LENGTHS])
    output = model(input_ids=pad(sequences, 0), token_type_ids=pad(types, 0), attention_mask=mask, output_hidden_states=True)
    loss = torch.nn.functional.cross_entropy(output.logits, torch.tensor(labels), weight=torch.tensor(class_weights))
    loss.backward()
    pooled = model.bert.pooler(output.hidden_states[-1])
    tokens = mask.bool()
    fixture = {
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
        "config": config.to_dict(),
        "sequences": sequences,
        "tokenTypes": types,
        "labels": labels,
        "classWeights": class_weights,
        "hiddenStates": [numbers(state[tokens]) for state in output.hidden_states],
        "pooled": numbers(pooled),
        "logits": numbers(output.logits),
        "loss": loss.item(),
        "gradients": {path: numbers(parameter.grad) for path, parameter in model.named_parameters()},
    }
    (FIXTURES / f"encoder-{name}.json").write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
    print(name, [tuple(s.shape) for s in output.hidden_states], loss.item())
