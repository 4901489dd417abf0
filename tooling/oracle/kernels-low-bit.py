"""Reference values for frozen weights in few bits: NF4 with double quantization, and int8 row by row, by bitsandbytes.

    python tooling/oracle/kernels-low-bit.py > packages/kernels/test/fixtures/low-bit.json

NF4 is by its kernel for all devices, as are the codes of the scales; its CPU kernel for these first rounds to 65,536 steps. Arrays are in base64.
"""

import base64
import json
import sys

import bitsandbytes
import bitsandbytes.functional as F
import torch

torch.manual_seed(9)
torch.set_num_threads(1)
ANY_DEVICE = torch._C.DispatchKey.CompositeExplicitAutograd
BLOCK, SCALE_BLOCK = 64, 256


def coded(tensor):
    return base64.b64encode(tensor.detach().contiguous().numpy().tobytes()).decode()


def on_any_device(op, *args):
    return op._op_dk(ANY_DEVICE, *args)


def nf4(weight):
    codes, absmax = on_any_device(torch.ops.bitsandbytes.quantize_4bit.default, weight, BLOCK, "nf4", torch.uint8)
    offset = absmax.mean()
    code = F.create_dynamic_map(signed=True)
    scale_codes, scales = on_any_device(torch.ops.bitsandbytes.quantize_blockwise.default, absmax - offset, code, SCALE_BLOCK)
    again = F.dequantize_blockwise(scale_codes, absmax=scales, code=code, blocksize=SCALE_BLOCK) + offset
    numbers = on_any_device(
        torch.ops.bitsandbytes.dequantize_4bit.default, codes, again, BLOCK, "nf4", list(weight.shape), torch.float32
    )
    public, state = F.quantize_4bit(weight, blocksize=BLOCK, compress_statistics=True, quant_type="nf4")
    assert torch.equal(public, codes) and state.nested
    apart = (F.dequantize_4bit(public, state) - numbers).abs().max() / numbers.abs().max()
    print(f"NF4 {list(weight.shape)}: by its CPU kernels the numbers are {apart:.1e} of the largest apart", file=sys.stderr)
    return {"codes": coded(codes), "scaleCodes": coded(scale_codes), "scales": coded(scales), "offset": offset.item(),
            "numbers": coded(numbers)}


def int8(weight):
    codes, absmax, _ = torch.ops.bitsandbytes.int8_vectorwise_quant.default(weight)
    numbers = torch.ops.bitsandbytes.int8_vectorwise_dequant.default(codes, absmax)
    return {"codes": coded(codes), "scales": coded(absmax), "numbers": coded(numbers)}


def case(rows, cols):
    weight = 0.05 * torch.randn(rows, cols)
    weight[0, 0] = 1.5  # an outlier
    return {"shape": [rows, cols], "weight": coded(weight), "nf4": nf4(weight), "int8": int8(weight)}


json.dump(
    {
        "generator": "tooling/oracle/kernels-low-bit.py",
        "bitsandbytes": bitsandbytes.__version__,
        "torch": torch.__version__,
        "python": sys.version.split()[0],
        "cases": [case(48, 128), case(40, 48)],
    },
    sys.stdout,
)
sys.stdout.write("\n")
