"""The recipe of `fin finetune` in transformers and PEFT, on the same parts of Financial PhraseBank.

    node tooling/peers/phrasebank-splits.mjs Sentences_50Agree.txt 1 > splits.json
    python tooling/peers/phrasebank_peft.py splits.json all-MiniLM-L6-v2 --seed 1

Needs torch, transformers, peft. Prints one line per epoch and a JSON object at the end.

With `--trace DIR` it also leaves there what another implementation needs to go the same way: the adapter as it was at the start,
the order of the sentences, and the training loss and gradient norm of each update (`phrasebank-follow.mjs` goes it).
"""

import argparse
import json
import os
import time

import peft
import torch
import transformers
from torch.nn.functional import cross_entropy

LABELS = ["positive", "negative", "neutral"]

parser = argparse.ArgumentParser()
parser.add_argument("splits")
parser.add_argument("model")
parser.add_argument("--full", action="store_true", help="train all weights")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--epochs", type=int, default=8)
parser.add_argument("--learning-rate", type=float, default=1e-3)
parser.add_argument("--batch-size", type=int, default=32)
parser.add_argument("--max-length", type=int, default=128)
parser.add_argument("--r", type=int, default=8)
parser.add_argument("--lora-alpha", type=float, default=16)
parser.add_argument("--lora-dropout", type=float, default=0.1)
parser.add_argument("--target-modules", nargs="+", default=["query", "value"])
parser.add_argument("--weight-decay", type=float, default=0.01)
parser.add_argument("--warmup-share", type=float, default=0.1)
parser.add_argument("--patience", type=int, default=3)
parser.add_argument("--no-dropout", action="store_true", help="none anywhere, the adapters' included")
parser.add_argument("--dropout-seed", type=int, help="other masks, same start and order; as --seed where not given")
parser.add_argument("--trace", metavar="DIR", help="where to leave the start, the order and the losses")
options = parser.parse_args()

started = time.perf_counter()
torch.manual_seed(options.seed)
splits = json.load(open(options.splits))
tokenizer = transformers.AutoTokenizer.from_pretrained(options.model)
off = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0} if options.no_dropout else {}
model = transformers.AutoModelForSequenceClassification.from_pretrained(options.model, num_labels=len(LABELS), **off)
if not options.full:
    targets = options.target_modules[0] if options.target_modules == ["all-linear"] else options.target_modules
    model = peft.get_peft_model(
        model,
        peft.LoraConfig(
            task_type="SEQ_CLS",
            r=options.r,
            lora_alpha=options.lora_alpha,
            lora_dropout=0.0 if options.no_dropout else options.lora_dropout,
            target_modules=targets,
        ),
    )


def part(name):
    rows = splits[name]
    ids = [tokenizer(row["text"], truncation=True, max_length=options.max_length)["input_ids"] for row in rows]
    return ids, torch.tensor([LABELS.index(row["label"]) for row in rows])


parts = {name: part(name) for name in ["train", "validation", "test"]}
counts = torch.bincount(parts["train"][1], minlength=len(LABELS))
weights = counts.sum() / counts
trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(
    [
        {"params": [p for _, p in trained if p.ndim > 1], "weight_decay": options.weight_decay},
        {"params": [p for _, p in trained if p.ndim < 2], "weight_decay": 0.0},
    ],
    lr=options.learning_rate,
)
ids, labels = parts["train"]
steps = options.epochs * -(-len(ids) // options.batch_size)
schedule = transformers.get_linear_schedule_with_warmup(optimizer, round(options.warmup_share * steps), steps)


def batch(ids, indices):
    return tokenizer.pad({"input_ids": [ids[i] for i in indices]}, return_tensors="pt")


def measure(name):
    ids, labels = parts[name]
    model.eval()
    logits = []
    with torch.no_grad():
        for start in range(0, len(ids), 64):
            logits.append(model(**batch(ids, range(start, min(start + 64, len(ids))))).logits)
    logits = torch.cat(logits)
    predicted = logits.argmax(1)
    f1 = []
    for c in range(len(LABELS)):
        hits = ((predicted == c) & (labels == c)).sum().item()
        total = (predicted == c).sum().item() + (labels == c).sum().item()
        f1.append(2 * hits / total if total else 0.0)
    return {
        "loss": cross_entropy(logits, labels, weight=weights).item(),
        "accuracy": (predicted == labels).float().mean().item(),
        "macroF1": sum(f1) / len(f1),
    }


best = None
seconds = 0.0
sentences = 0
shuffling = torch.Generator().manual_seed(options.seed)
torch.manual_seed(options.seed if options.dropout_seed is None else options.dropout_seed)
trace = {"orders": [], "losses": [], "gradNorms": [], "validation": []}
if options.trace:
    os.makedirs(options.trace, exist_ok=True)
    model.save_pretrained(os.path.join(options.trace, "start"))
for epoch in range(1, options.epochs + 1):
    model.train()
    begin = time.perf_counter()
    order = torch.randperm(len(ids), generator=shuffling).tolist()
    trace["orders"].append(order)
    for start in range(0, len(order), options.batch_size):
        indices = order[start : start + options.batch_size]
        loss = cross_entropy(model(**batch(ids, indices)).logits, labels[indices], weight=weights)
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_([p for _, p in trained], 1.0)
        optimizer.step()
        schedule.step()
        if options.trace:
            trace["losses"].append(loss.item())
            trace["gradNorms"].append(norm.item())
    seconds += time.perf_counter() - begin
    sentences += len(order)
    validation = measure("validation")
    print(json.dumps({"epoch": epoch, **validation, "seconds": seconds}), flush=True)
    trace["validation"].append(validation)
    if best is None or validation["loss"] < best["loss"]:
        state = {name: p.detach().clone() for name, p in trained}
        best = {"epoch": epoch, **validation}
    elif epoch - best["epoch"] >= options.patience:
        break
with torch.no_grad():
    for name, p in trained:
        p.copy_(state[name])
tested = measure("test")
if options.trace:
    with open(os.path.join(options.trace, "trace.json"), "w") as file:
        json.dump({"options": vars(options), "bestEpoch": best["epoch"], "test": tested, **trace}, file)
print(
    json.dumps(
        {
            **tested,
            "bestEpoch": best["epoch"],
            "trainableParameters": sum(p.numel() for _, p in trained),
            "sentencesPerSecond": sentences / seconds,
            "seconds": time.perf_counter() - started,
            "options": vars(options),
            "versions": {
                "torch": torch.__version__,
                "transformers": transformers.__version__,
                "peft": peft.__version__,
            },
        }
    )
)
