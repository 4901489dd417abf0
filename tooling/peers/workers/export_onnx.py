"""Writes a BERT classifier as ONNX with int8 weights, quantized dynamically by onnxruntime.

python export_onnx.py '{"model": DIR or null, "labels": 3, "out": FILE}'
"""

import json
import sys

import torch
import transformers
from onnxruntime.quantization import QuantType, quantize_dynamic

job = json.loads(sys.argv[1])
torch.manual_seed(1)
options = {"num_labels": job["labels"], "attn_implementation": "eager"}
if job["model"]:
    model = transformers.AutoModelForSequenceClassification.from_pretrained(job["model"], **options)
else:
    model = transformers.BertForSequenceClassification(transformers.BertConfig(**options))
model.eval()


class Logits(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        return self.model(input_ids=input_ids, attention_mask=attention_mask).logits


example = (torch.ones(2, 8, dtype=torch.int64), torch.ones(2, 8, dtype=torch.int64))
axes = {0: "batch", 1: "tokens"}
torch.onnx.export(
    Logits(),
    example,
    job["out"] + ".float.onnx",
    input_names=["input_ids", "attention_mask"],
    output_names=["logits"],
    dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": {0: "batch"}},
    opset_version=17,
    dynamo=False,
)
quantize_dynamic(job["out"] + ".float.onnx", job["out"], weight_type=QuantType.QInt8, per_channel=True)
