"""torch and transformers as programs, for packages/finbert-lora/test/plain/checkpoint-oracle.test.ts.

    write MODEL OUT   saves the model folder's weights as OUT/bin (float32), OUT/legacy (as before torch 1.6),
                      OUT/half (bfloat16), OUT/sharded
    same A B          exits 0 when two safetensors files hold the same tensors, bit for bit
"""

import pathlib
import sys

import torch
from safetensors.torch import load_file

if sys.argv[1] == "write":
    from transformers import AutoModel

    model = AutoModel.from_pretrained(sys.argv[2])
    out = pathlib.Path(sys.argv[3])
    for name, state in (("bin", model.state_dict()), ("half", {k: v.bfloat16() for k, v in model.state_dict().items()})):
        (out / name).mkdir(parents=True)
        torch.save(state, out / name / "pytorch_model.bin")
    (out / "legacy").mkdir()
    torch.save(model.state_dict(), out / "legacy/pytorch_model.bin", _use_new_zipfile_serialization=False)
    model.save_pretrained(out / "sharded", max_shard_size="30MB")
else:
    a, b = load_file(sys.argv[2]), load_file(sys.argv[3])
    assert a.keys() == b.keys()
    for name in a:
        assert a[name].dtype == b[name].dtype and torch.equal(a[name], b[name]), name
