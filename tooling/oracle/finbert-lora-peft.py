"""What PEFT makes of LoRA on a tiny BERT.

    (no arguments)   writes packages/finbert-lora/test/fixtures/lora-*: adapters as PEFT saves them, and for each what the model
                     computes with it, every gradient, and the merged weights
    load DIR...      prints, as JSON, the logits of the same model with each adapter that other hands wrote to a folder

Weights come from a formula on integers, `hashed` here and in test/support/hashed-weights.ts, by their names.
"""

import json
import pathlib
import sys
import warnings
import zlib

import numpy as np
import peft
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from peft.optimizers import create_loraplus_optimizer
from safetensors.torch import load_file
from transformers import BertConfig, BertForSequenceClassification

warnings.simplefilter("ignore")
torch.manual_seed(0)
FIXTURES = pathlib.Path(__file__).parents[2] / "packages/finbert-lora/test/fixtures"
CONFIG = dict(num_hidden_layers=2, hidden_size=12, num_attention_heads=4, intermediate_size=20, vocab_size=40,
              max_position_embeddings=16, layer_norm_eps=1e-12, num_labels=3, hidden_dropout_prob=0,
              attention_probs_dropout_prob=0)
LENGTHS = [5, 3, 9, 5, 2]
LABELS = [0, 2, 1, 1, 0]
CASES = {
    "default": dict(lora_dropout=0.1),
    "dora": dict(r=3, lora_alpha=6, target_modules="all-linear", exclude_modules=["key"], use_dora=True, bias="lora_only"),
    "patterns": dict(r=2, lora_alpha=3, target_modules=r".*layer\.\d\.(?:attention\.self\.(query|key)|intermediate\.dense)",
                     use_rslora=True, rank_pattern={r"layer\.1\.attention\.self\.\w+": 4, "dense": 3},
                     alpha_pattern={r"^bert\..*\.query": 5}, init_lora_weights="gaussian"),
    "layers": dict(r=2, target_modules=["query", "output.dense"], layers_to_transform=[1], layers_pattern="layer", bias="all",
                   modules_to_save=["pooler", "LayerNorm", "word_embeddings"]),
}


def hashed(name, count):
    """`count` float32 values in [-0.5, 0.5), from the CRC-32 of a name and the place of each (xorshift, multiply)."""
    x = np.arange(count, dtype=np.uint32) + np.uint32(zlib.crc32(name.encode()))
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    x ^= x >> np.uint32(16)
    return (x >> np.uint32(8)).astype(np.float32) / np.float32(1 << 24) - np.float32(0.5)


def values(name, shape):
    return torch.from_numpy(hashed(name, int(np.prod(shape)))).reshape(tuple(shape))


def base_model():
    model = BertForSequenceClassification(BertConfig(**CONFIG, attn_implementation="eager")).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            drawn = values(name, parameter.shape)
            parameter.copy_(1 + 0.5 * drawn if name.endswith("LayerNorm.weight") else drawn)
    return model


def sequences():
    return [[1 + int(u * (CONFIG["vocab_size"] - 1)) for u in hashed(f"ids {i}", n) + np.float32(0.5)]
            for i, n in enumerate(LENGTHS)]


def logits(model):
    rows = sequences()
    longest = max(LENGTHS)
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * n + [0] * (longest - n) for n in LENGTHS])
    return model(input_ids=ids, attention_mask=mask).logits


def loss(model):
    return torch.nn.functional.cross_entropy(logits(model), torch.tensor(LABELS))


def numbers(tensor):
    return [float(f"{value:.8g}") for value in tensor.detach().flatten().tolist()]


def adapt(case):
    """The base model with an adapter of values that depend on their names; what begins at 0 or 1 is moved off it."""
    model = get_peft_model(base_model(), LoraConfig(task_type="SEQ_CLS", **CASES[case])).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if not parameter.requires_grad:
                continue
            drawn = values(f"{case} {name}", parameter.shape)
            parameter.copy_(parameter * (1 + 0.4 * drawn) if "magnitude" in name else drawn + parameter * 0.25)
    return model


def merged(model):
    """Weights of the adapted layers as they are now."""
    return {name: numbers(module.base_layer.weight) for name, module in model.base_model.model.named_modules()
            if hasattr(module, "base_layer") and "layer.0" not in name}


def write_case(case):
    model = adapt(case)
    folder = FIXTURES / f"lora-{case}"
    model.save_pretrained(folder)
    (folder / "README.md").unlink()
    if case == "default":  # as PEFT before 0.6 wrote it
        torch.save(load_file(folder / "adapter_model.safetensors"), folder / "adapter_model.bin")
    config = json.loads((folder / "adapter_config.json").read_text())
    for key, value in config.items():
        if isinstance(value, list):
            config[key] = sorted(value)
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True))
    expected = {
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__},
        "config": model.config.to_dict(),
        "sequences": sequences(),
        "labels": LABELS,
        "parameters": [[name, list(p.shape), p.requires_grad] for name, p in model.named_parameters()],
        "counts": list(model.get_nb_trainable_parameters()),
        "logits": numbers(logits(model)),
    }
    loss(model).backward()
    expected["gradients"] = {name: numbers(p.grad) for name, p in model.named_parameters() if p.grad is not None}
    assert all(p.requires_grad == (p.grad is not None) for p in model.parameters())
    optimizer = create_loraplus_optimizer(model, torch.optim.AdamW, lr=1e-3, loraplus_lr_ratio=16, loraplus_weight_decay=0.01)
    names = {id(p): name for name, p in model.named_parameters()}
    expected["loraPlus"] = [{"learningRate": group["lr"], "weightDecay": group["weight_decay"],
                             "parameters": [names[id(p)] for p in group["params"]]}
                            for group in optimizer.param_groups if group["params"]]
    with model.disable_adapter():
        expected["disabledLogits"] = numbers(logits(model))
    model.merge_adapter()
    expected["merged"] = merged(model)
    (FIXTURES / f"lora-{case}.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
    print(case, expected["counts"], expected["logits"][:3], expected["disabledLogits"][:3])


def write_several():
    """Two adapters on one model: DoRA's norm is that of the unmerged weight, so their order counts."""
    model = PeftModel.from_pretrained(base_model(), FIXTURES / "lora-dora").eval()
    model.load_adapter(FIXTURES / "lora-default", "second")
    expected = {"dora": numbers(logits(model))}
    model.set_adapter("second")
    expected["second"] = numbers(logits(model))
    for names in (["default", "second"], ["second", "default"]):
        model.merge_adapter(names)
        key = " ".join(names)
        expected[key] = {"logits": numbers(logits(model)), "merged": merged(model)}
        model.unmerge_adapter()
    (FIXTURES / "lora-several.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


class Masked(torch.nn.Module):
    """Dropout whose draw is given."""

    def forward(self, x):
        kept = values("dropout", x.shape) + 0.5 >= 0.3
        return x * kept / (1 - 0.3)


def write_dropout():
    """One linear layer, so that the draw is the same in packed and in padded order."""
    expected = {}
    for use_dora in (False, True):
        model = torch.nn.Sequential()
        model.add_module("lin", torch.nn.Linear(5, 4))
        model = get_peft_model(model, LoraConfig(r=2, lora_alpha=3, target_modules=["lin"], lora_dropout=0.3,
                                                 bias="lora_only", use_dora=use_dora)).train()
        layer = model.base_model.model.lin
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if "magnitude" not in name:
                    parameter.copy_(values(name, parameter.shape))
        layer.lora_dropout["default"] = Masked()
        x = values("x", (6, 5)).requires_grad_()
        y = model(x)
        (y * values("dy", (6, 4))).sum().backward()
        expected["dora" if use_dora else "lora"] = {
            "magnitude": numbers(layer.lora_magnitude_vector["default"].weight) if use_dora else None,
            "y": numbers(y),
            "dx": numbers(x.grad),
            "gradients": {name: numbers(p.grad) for name, p in model.named_parameters() if p.grad is not None},
        }
    (FIXTURES / "lora-dropout.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")


if len(sys.argv) > 1:
    print(json.dumps({folder: numbers(logits(PeftModel.from_pretrained(base_model(), folder).eval())) for folder in sys.argv[2:]}))
else:
    for case in CASES:
        write_case(case)
    write_several()
    write_dropout()
