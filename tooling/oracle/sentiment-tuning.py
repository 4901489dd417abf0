"""Fine-tuning a tiny BERT with LoRA in transformers and PEFT, update by update, without dropout.

Writes packages/sentiment/test/fixtures/tuning: the model and the adapter with a fresh head to start from, the sequences and the order
in which they come, and the loss, the gradient's norm before clipping and the learning rate of every update, the loss of all sequences
after each epoch, and the adapter at the end.
"""

import json
import pathlib
import warnings

import peft
import torch
import transformers

warnings.simplefilter("ignore")
torch.manual_seed(3)
FOLDER = pathlib.Path(__file__).parents[2] / "packages/sentiment/test/fixtures/tuning"
EXAMPLES, BATCH, EPOCHS, RATE, DECAY, WARMUP = 44, 8, 10, 2e-2, 0.01, 6

config = transformers.BertConfig(
    num_hidden_layers=2, hidden_size=12, num_attention_heads=3, intermediate_size=20, vocab_size=40, max_position_embeddings=16,
    num_labels=3, layer_norm_eps=1e-12, initializer_range=0.3, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    id2label={0: "positive", 1: "negative", 2: "neutral"}, label2id={"positive": 0, "negative": 1, "neutral": 2})
model = transformers.BertForSequenceClassification(config)
model.save_pretrained(FOLDER / "model")
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + [f"w{i}" for i in range(5, config.vocab_size)]
(FOLDER / "model/vocab.txt").write_text("\n".join(words) + "\n")
model = peft.get_peft_model(
    model, peft.LoraConfig(task_type="SEQ_CLS", r=3, lora_alpha=6, lora_dropout=0.0, target_modules=["query", "value"]))


def save(name):
    model.save_pretrained(FOLDER / name)
    (FOLDER / name / "README.md").unlink()
    path = FOLDER / name / "adapter_config.json"
    settings = json.loads(path.read_text())
    settings = {key: sorted(value) if isinstance(value, list) else value for key, value in settings.items()}
    path.write_text(json.dumps(settings | {"base_model_name_or_path": "model"}, indent=2, sort_keys=True))


save("start")
lengths = torch.randint(3, 17, (EXAMPLES,)).tolist()
sequences = [[2] + torch.randint(5, config.vocab_size, (n - 2,)).tolist() + [3] for n in lengths]
labels = torch.tensor([(sum(row) // 7) % 5 % 3 for row in sequences])  # uneven classes
weights = len(labels) / torch.bincount(labels, minlength=3)


def loss_of(indices):
    rows = [sequences[i] for i in indices]
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    logits = model(input_ids=ids, attention_mask=mask).logits
    return torch.nn.functional.cross_entropy(logits, labels[indices], weight=weights)


trained = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW([{"params": [p for p in trained if p.ndim > 1], "weight_decay": DECAY},
                               {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0}], lr=RATE)
total = EPOCHS * -(-EXAMPLES // BATCH)
schedule = transformers.get_linear_schedule_with_warmup(optimizer, WARMUP, total)
record = {"orders": [], "losses": [], "gradNorms": [], "learningRates": [], "epochLosses": []}
for _ in range(EPOCHS):
    order = torch.randperm(EXAMPLES).tolist()
    record["orders"].append(order)
    model.train()
    for begin in range(0, EXAMPLES, BATCH):
        loss = loss_of(order[begin : begin + BATCH])
        optimizer.zero_grad()
        loss.backward()
        record["losses"].append(loss.item())
        record["gradNorms"].append(torch.nn.utils.clip_grad_norm_(trained, 1.0).item())
        record["learningRates"].append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    model.eval()
    with torch.no_grad():
        record["epochLosses"].append(loss_of(list(range(EXAMPLES))).item())
save("end")
document = {
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__},
    "settings": {"batchSize": BATCH, "epochs": EPOCHS, "learningRate": RATE, "weightDecay": DECAY, "warmupSteps": WARMUP},
    "sequences": sequences,
    "labels": labels.tolist(),
    **record,
}
(FOLDER / "trajectory.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
print(record["losses"][0], record["losses"][-1], max(record["gradNorms"]), min(record["gradNorms"]), weights.tolist())
