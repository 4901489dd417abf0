"""Writes packages/finbert-lora/test/fixtures/encoder-minilm.json: pooled outputs of a published model, from text to numbers.

Run: python tooling/oracle/finbert-minilm.py MODEL_DIR   (all-MiniLM-L6-v2)
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from transformers import BertModel, BertTokenizerFast

TARGET = Path(__file__).parents[2] / "packages/finbert-lora/test/fixtures/encoder-minilm.json"
TEXTS = ["Stocks rally as the Fed holds rates", "Oil slips", "b'Georgia \\'downs two Russian warplanes\\''"]
tokenizer = BertTokenizerFast.from_pretrained(sys.argv[1])
model = BertModel.from_pretrained(sys.argv[1]).eval()
with torch.no_grad():
    pooled = model(**tokenizer(TEXTS, padding=True, return_tensors="pt")).pooler_output
versions = {"torch": torch.__version__, "transformers": transformers.__version__}
content = {"versions": versions, "texts": TEXTS, "pooled": [float(f"{x:.7g}") for x in pooled.flatten().tolist()]}
TARGET.write_text(json.dumps(content, separators=(",", ":")) + "\n")
