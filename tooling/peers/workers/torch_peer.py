"""PyTorch's side of the comparison with peers: transformers and PEFT. Protocol: see ../worker.mjs."""

import json
import sys

import peft
import torch
import transformers
from common import grouped, in_batches, padded, serve

job = json.loads(sys.argv[1])
work, precision, batching, dropout = job["work"], job["precision"], job["batching"], job["dropout"]
inputs = json.load(open(job["inputs"]))
torch.manual_seed(1)
torch.set_num_threads(job["threads"])

off = {} if dropout else {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
labels = len(inputs["labels"])
if job["model"]:
    model = transformers.AutoModelForSequenceClassification.from_pretrained(job["model"], num_labels=labels, **off)
else:
    model = transformers.BertForSequenceClassification(transformers.BertConfig(num_labels=labels, **off))
if precision == "bf16-weights":
    model.to(torch.bfloat16)
if work == "lora":
    if job.get("start"):
        model = peft.PeftModel.from_pretrained(model, job["start"], is_trainable=True)
        if not dropout:
            for module in model.modules():
                if isinstance(module, torch.nn.Dropout):
                    module.p = 0.0
    else:
        config = peft.LoraConfig(
            task_type="SEQ_CLS", r=8, lora_alpha=32, lora_dropout=0.05, target_modules=["query", "value"]
        )
        model = peft.get_peft_model(model, config)
model.train(work != "inference")

trained = [p for p in model.parameters() if p.requires_grad]
optimizer = None
if work != "inference":
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for p in trained if p.ndim > 1], "weight_decay": 0.01},
            {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
        ],
        lr=2e-5 if work == "full" else 1e-3,
    )

headlines = inputs["headlines"] if batching == "default" else grouped(inputs["headlines"])
batches = [
    {name: torch.tensor(array) for name, array in padded(part).items()}
    for part in in_batches(headlines, inputs["batchSize"])
]


def context():
    return torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")


def infer(batch):
    with torch.inference_mode(), context():
        model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits.float().numpy()


def train(batch):
    with context():
        loss = model(**batch).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


versions = f"torch {torch.__version__}, transformers {transformers.__version__}, peft {peft.__version__}"
serve({"system": "torch", "version": versions}, lambda: [(infer if work == "inference" else train)(b) for b in batches])
