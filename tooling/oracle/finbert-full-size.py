"""Writes a full-size model and what transformers makes of it into a folder, for packages/finbert-lora/bench/full-size.ts.
Too large to commit (about 0.9 GB for BERT-base): made by hand, once.

Run: python tooling/oracle/finbert-full-size.py OUT            a random BERT-base with three labels
     python tooling/oracle/finbert-full-size.py OUT MODEL_DIR  the weights of MODEL_DIR, a fresh head
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import BertConfig, BertForSequenceClassification

out = Path(sys.argv[1])
torch.manual_seed(1)
settings = dict(num_labels=3, hidden_dropout_prob=0, attention_probs_dropout_prob=0)
if len(sys.argv) > 2:
    model = BertForSequenceClassification.from_pretrained(sys.argv[2], **settings)
else:
    model = BertForSequenceClassification(BertConfig(**settings))
model.save_pretrained(out)
lengths = [18, 25, 31, 7, 25, 22, 40, 12]
sequences = [[101, *torch.randint(1000, 29000, (n - 2,)).tolist(), 102] for n in lengths]
labels = [0, 1, 2, 0, 1, 2, 0, 1]
ids = torch.zeros(len(lengths), max(lengths), dtype=torch.long)
mask = torch.zeros_like(ids)
for i, sequence in enumerate(sequences):
    ids[i, : len(sequence)] = torch.tensor(sequence)
    mask[i, : len(sequence)] = 1
result = model(input_ids=ids, attention_mask=mask, output_hidden_states=True, labels=torch.tensor(labels))
result.loss.backward()
expected = {f"hidden.{i}": state[mask.bool()].detach().contiguous() for i, state in enumerate(result.hidden_states)}
expected |= {"logits": result.logits.detach(), "loss": result.loss.detach().reshape(1)}
expected |= {f"gradient.{name}": parameter.grad.contiguous() for name, parameter in model.named_parameters()}
(out / "expected").mkdir(exist_ok=True)
save_file(expected, out / "expected" / "model.safetensors")
(out / "inputs.json").write_text(json.dumps({"sequences": sequences, "labels": labels}))
