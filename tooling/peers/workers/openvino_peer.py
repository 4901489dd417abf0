"""OpenVINO's side of the comparison with peers, inference alone. Protocol: see ../worker.mjs."""

import json
import sys

import numpy as np
import openvino as ov
import torch
import transformers
from common import grouped, in_batches, padded, serve

job = json.loads(sys.argv[1])
inputs = json.load(open(job["inputs"]))
torch.manual_seed(1)
labels = len(inputs["labels"])
if job["model"]:
    model = transformers.AutoModelForSequenceClassification.from_pretrained(job["model"], num_labels=labels)
else:
    model = transformers.BertForSequenceClassification(transformers.BertConfig(num_labels=labels))
model.eval()
batches = [
    {name: np.array(array, dtype=np.int64) for name, array in padded(part).items() if name != "labels"}
    for part in in_batches(grouped(inputs["headlines"]), inputs["batchSize"])
]
example = {name: torch.from_numpy(array) for name, array in batches[0].items()}
with torch.inference_mode():
    converted = ov.convert_model(model, example_input=example)
core = ov.Core()
hint = {"bf16": ov.Type.bf16, "fp32": ov.Type.f32}[job["precision"]]
compiled = core.compile_model(
    converted,
    "CPU",
    {"INFERENCE_PRECISION_HINT": hint, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": job["threads"]},
)
request = compiled.create_infer_request()


def run():
    for batch in batches:
        request.infer(batch)
        request.get_output_tensor().data.copy()


serve({"system": "openvino", "version": f"OpenVINO {ov.__version__.split('-')[0]}"}, run)
