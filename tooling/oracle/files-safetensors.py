"""Fixtures of packages/files/test/fixtures/safetensors, made by the Rust reference (its Python package) and torch.

Run: python tooling/oracle/files-safetensors.py

reference.safetensors + reference.json   one tensor of every dtype, as the reference writes them
verdicts.json                            what the reference says of hand-made headers
halves.json                              float32 bits and what torch rounds them to in float16 and bfloat16
"""

import base64
import ctypes
import json
import pathlib
import struct
import sys

import safetensors
import torch
from safetensors import SafetensorError, deserialize
from safetensors._safetensors_rust import TensorSpec, serialize

OUT = pathlib.Path(__file__).parents[2] / "packages/files/test/fixtures/safetensors"
VERSIONS = {"safetensors": safetensors.__version__, "torch": torch.__version__, "python": sys.version.split()[0]}


def write_json(name, value):
    path = OUT / name
    path.write_text(json.dumps({"versions": VERSIONS, **value}, indent=1) + "\n")
    print(path.name, path.stat().st_size, "bytes")


# One tensor of every dtype -------------------------------------------------------------------------------------------

SIZES = {
    "bool": ("BOOL", 1), "uint8": ("U8", 1), "int8": ("I8", 1), "int16": ("I16", 2), "uint16": ("U16", 2),
    "float16": ("F16", 2), "bfloat16": ("BF16", 2), "int32": ("I32", 4), "uint32": ("U32", 4),
    "float32": ("F32", 4), "complex64": ("C64", 8), "float64": ("F64", 8), "int64": ("I64", 8), "uint64": ("U64", 8),
    "float8_e4m3fn": ("F8_E4M3", 1), "float8_e5m2": ("F8_E5M2", 1), "float8_e8m0fnu": ("F8_E8M0", 1),
    "float8_e4m3fnuz": ("F8_E4M3FNUZ", 1), "float8_e5m2fnuz": ("F8_E5M2FNUZ", 1),
}


def reference():
    wanted = []
    for number, (torch_name, (dtype, size)) in enumerate(SIZES.items()):
        count = 6
        data = bytes((number * 37 + i * 11 + 1) % 256 for i in range(count * size))
        if dtype == "BOOL":
            data = bytes([1, 0, 1, 1, 0, 0])
        wanted.append((f"t.{dtype}", torch_name, dtype, [2, 3], data))
    wanted.append(("scalar", "float32", "F32", [], struct.pack("<f", 1.5)))
    wanted.append(("empty", "float32", "F32", [0, 4], b""))
    wanted.append(("b", "float32", "F32", [1], struct.pack("<f", 2.5)))
    wanted.append(("a", "float32", "F32", [1], struct.pack("<f", -2.5)))
    wanted.append(('quote " backslash \\ tab \t control \x01 delete \x7f slash /', "uint8", "U8", [1], b"\x07"))
    wanted.append(("\uff21", "uint8", "U8", [1], b"\x08"))  # after the next one by UTF-16 units, before it by bytes
    wanted.append(("\U0001d400", "uint8", "U8", [1], b"\x09"))
    keep = []
    specs = {}
    for name, torch_name, _, shape, data in wanted:
        buffer = ctypes.create_string_buffer(data, max(len(data), 1))
        keep.append(buffer)
        specs[name] = TensorSpec(dtype=torch_name, shape=shape, data_ptr=ctypes.addressof(buffer), data_len=len(data))
    path = OUT / "reference.safetensors"
    path.write_bytes(bytes(serialize(specs, {"format": "pt\n\"é"})))
    print(path.name, path.stat().st_size, "bytes")
    tensors = [
        {"name": name, "dtype": dtype, "shape": shape, "hex": data.hex()} for name, _, dtype, shape, data in wanted
    ]
    write_json("reference.json", {"metadata": {"format": "pt\n\"é"}, "tensors": tensors})


# Verdicts on headers -------------------------------------------------------------------------------------------------

ONE = '"dtype":"F32","shape":[1],"data_offsets":[0,4]'
FOUR = b"\0" * 4


def tensor(shape, offsets, dtype="F32"):
    return '{"a":{"dtype":"%s","shape":%s,"data_offsets":%s}}' % (dtype, shape, offsets)


HEADERS = [
    ("one tensor", '{"a":{%s}}' % ONE, FOUR),
    ("no tensor", "{}", b""),
    ("metadata alone", '{"__metadata__":{"format":"pt"}}', b""),
    ("padding of spaces", '{"a":{%s}}     ' % ONE, FOUR),
    ("padding of other white space", '{"a":{%s}}\t\n\r ' % ONE, FOUR),
    ("white space inside", '{ "a" :\n{\t%s } }' % ONE, FOUR),
    ("an unknown field", '{"a":{%s,"more":[1,{"x":null},-1.5e3,"y",true]}}' % ONE, FOUR),
    ("dtype with escapes", '{"a":{"dtype":"\\u0046\\u0033\\u0032","shape":[1],"data_offsets":[0,4]}}', FOUR),
    ("empty name", '{"":{%s}}' % ONE, FOUR),
    ("the name __proto__", '{"__proto__":{%s}}' % ONE, FOUR),
    ("a surrogate pair", '{"\\ud83d\\ude00":{%s}}' % ONE, FOUR),
    ("a raw DEL", '{"a\x7f":{%s}}' % ONE, FOUR),
    ("tensors out of order", '{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"a":{%s}}' % ONE, FOUR + FOUR),
    ("empty tensors at both ends", '{"x":{"dtype":"F32","shape":[0],"data_offsets":[4,4]},"a":{%s},"y":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}' % ONE, FOUR),
    ("scalar", tensor("[]", "[0,4]"), FOUR),
    ("zero before what would overflow", tensor("[0,4294967296,4294967296]", "[0,0]"), b""),
    ("two F4 in a byte", tensor("[2]", "[0,1]", "F4"), b"0"),
    ("four F6 in three bytes", tensor("[4]", "[0,3]", "F6_E2M3"), b"000"),
    ("C64", tensor("[1]", "[0,8]", "C64"), FOUR + FOUR),
    # refused
    ("empty header", "", b""),
    ("an array", "[]", b""),
    ("a byte order mark", "\ufeff{}", b""),
    ("invalid UTF-8", b'{"\xff":{}}', b""),
    ("an overlong encoding", b'{"\xc0\x80":{}}', b""),
    ("an encoded surrogate", b'{"\xed\xa0\x80":{}}', b""),
    ("not closed", '{"a":{%s}' % ONE, FOUR),
    ("trailing comma", '{"a":{%s},}' % ONE, FOUR),
    ("something behind", '{"a":{%s}}x' % ONE, FOUR),
    ("NUL behind", '{"a":{%s}}\0' % ONE, FOUR),
    ("a comment", '{"a":{%s}}//' % ONE, FOUR),
    ("raw control character", '{"a\x01":{%s}}' % ONE, FOUR),
    ("lone high surrogate", '{"\\ud800":{%s}}' % ONE, FOUR),
    ("lone low surrogate", '{"\\udc00":{%s}}' % ONE, FOUR),
    ("bad escape", '{"\\x":{%s}}' % ONE, FOUR),
    ("single quotes", "{'a':1}", b""),
    ("200 levels", '{"a":{%s,"x":' % ONE + "[" * 200 + "]" * 200 + "}}", FOUR),
    ("tensor is a number", '{"a":1}', b""),
    ("tensor is null", '{"a":null}', b""),
    ("metadata value is a number", '{"__metadata__":{"a":1}}', b""),
    ("metadata value is null", '{"__metadata__":{"a":null}}', b""),
    ("metadata is text", '{"__metadata__":"a"}', b""),
    ("metadata twice", '{"__metadata__":{},"__metadata__":{}}', b""),
    ("a field twice", '{"a":{%s,"dtype":"F32"}}' % ONE, FOUR),
    ("a field missing", '{"a":{"dtype":"F32","shape":[1]}}', FOUR),
    ("unknown dtype", tensor("[1]", "[0,4]", "F31"), FOUR),
    ("dtype in lower case", tensor("[1]", "[0,4]", "f32"), FOUR),
    ("negative size", tensor("[-1]", "[0,4]"), FOUR),
    ("fraction", tensor("[1.0]", "[0,4]"), FOUR),
    ("exponent", tensor("[1e0]", "[0,4]"), FOUR),
    ("minus zero", tensor("[-0]", "[0,0]"), b""),
    ("leading zero", tensor("[01]", "[0,4]"), FOUR),
    ("size as text", tensor('["1"]', "[0,4]"), FOUR),
    ("shape is a number", tensor("1", "[0,4]"), FOUR),
    ("2^64", tensor("[18446744073709551616]", "[0,4]"), FOUR),
    ("three offsets", tensor("[1]", "[0,4,4]"), FOUR),
    ("one offset", tensor("[1]", "[0]"), FOUR),
    ("end before begin", tensor("[1]", "[4,0]"), FOUR),
    ("hole at the start", tensor("[1]", "[4,8]"), FOUR + FOUR),
    ("hole between", '{"a":{%s},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}' % ONE, FOUR * 3),
    ("overlap", '{"a":{%s},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}' % ONE, FOUR + FOUR),
    ("the same bytes twice", '{"a":{%s},"b":{%s}}' % (ONE, ONE), FOUR),
    ("offsets near 2^64", tensor("[1]", "[18446744073709551612,18446744073709551615]"), FOUR),
    ("end near 2^64", tensor("[1]", "[0,18446744073709551615]"), FOUR),
    ("product overflows", tensor("[4294967296,4294967296]", "[0,4]"), FOUR),
    ("product overflows before a zero", tensor("[4294967296,4294967296,0]", "[0,0]"), b""),
    ("bits overflow", tensor("[4294967296,1073741824]", "[0,4]"), FOUR),
    ("one F4", tensor("[1]", "[0,1]", "F4"), b"0"),
    ("three F6", tensor("[3]", "[0,2]", "F6_E3M2"), b"00"),
    ("too few bytes claimed", tensor("[2]", "[0,4]"), FOUR),
    ("too many bytes claimed", tensor("[1]", "[0,8]"), FOUR + FOUR),
    ("bytes behind", '{"a":{%s}}' % ONE, FOUR + FOUR),
    ("bytes missing", '{"a":{%s}}' % ONE, b"\0\0"),
    ("bytes and no tensor", "{}", b"\0"),
    # where we are stricter than the reference: its documentation forbids the first four, nobody writes the others
    ("a tensor twice", '{"a":{%s},"a":{%s}}' % (ONE, ONE), FOUR),
    ("a tensor twice by escape", '{"a":{%s},"\\u0061":{%s}}' % (ONE, ONE), FOUR),
    ("a metadata key twice", '{"__metadata__":{"a":"1","a":"2"}}', b""),
    ("space before", ' {"a":{%s}}' % ONE, FOUR),
    ("metadata is null", '{"__metadata__":null}', b""),
    ("fields as an array", '{"a":["F32",[1],[0,4]]}', FOUR),
    ("dtype as an object", '{"a":{"dtype":{"F32":null},"shape":[1],"data_offsets":[0,4]}}', FOUR),
    ("an unknown field twice", '{"a":{%s,"x":1,"x":2}}' % ONE, FOUR),
    ("a dimension above 2^32", tensor("[0,18446744073709551615]", "[0,0]"), b""),
    ("65 dimensions", tensor("[" + ",".join(["1"] * 65) + "]", "[0,4]"), FOUR),
]

MESSAGES = [
    ("header too small", "HeaderTooSmall"), ("header too large", "HeaderTooLarge"),
    ("invalid header length", "InvalidHeaderLength"), ("invalid UTF-8 in header", "InvalidHeader"),
    ("invalid JSON in header", "InvalidHeaderDeserialization"), ("invalid offset", "InvalidOffset"),
    ("overflow computing buffer size", "ValidationOverflow"), ("slicing for subbytes", "MisalignedSlice"),
    ("invalid shape, data type, or offset", "TensorInvalidInfo"), ("incomplete metadata", "MetadataIncompleteBuffer"),
]


def verdict(data):
    try:
        deserialize(data)
        return "ok"
    except SafetensorError as error:
        return next(code for text, code in MESSAGES if text in str(error))


def verdicts():
    cases = []
    for label, header, data in HEADERS:
        raw = header if isinstance(header, bytes) else header.encode()
        cases.append((label, struct.pack("<Q", len(raw)) + raw + data))
    for length in (3, 50, 100_000_000, 100_000_001, 2**53 + 1, 2**63, 2**64 - 1):
        cases.append((f"length {length} before two bytes", struct.pack("<Q", length) + b"{}"))
    cases += [(f"{n} bytes", b"\x02\0\0\0\0\0\0\0{}"[:n]) for n in (0, 7, 8, 9)]
    write_json("verdicts.json", {
        "cases": [{"label": label, "base64": base64.b64encode(raw).decode(), "reference": verdict(raw)} for label, raw in cases]
    })


# Rounding to 16 bits -------------------------------------------------------------------------------------------------

def halves():
    generator = torch.Generator().manual_seed(7)
    random = torch.randint(-(2**31), 2**31, (400,), generator=generator, dtype=torch.int64)
    # every float16 exponent: random values there, and exact ties with even and odd neighbours
    near = []
    for exponent in range(-27, 18):
        for mantissa in torch.randint(0, 2**23, (4,), generator=generator).tolist() + [0x1000, 0x3000, 0xFFF, 0x1001, 0x8000, 0x18000]:
            near.append(((exponent + 127) << 23) | mantissa)
    special = [0, 0x80000000, 0x7F800000, 0xFF800000, 1, 0x007FFFFF, 0x477FEFFF, 0x477FF000, 0x7F7FFFFF, 0x7F7F7FFF, 0x33000000, 0x33000001]
    bits = [b & 0xFFFFFFFF for b in random.tolist()] + near + [b | 0x80000000 for b in near[::3]] + special
    values = torch.tensor([b - 2**32 if b >= 2**31 else b for b in bits], dtype=torch.int32).view(torch.float32)
    keep = ~values.isnan()
    values = values[keep]
    unsigned = lambda t, mask: [int(x) & mask for x in t.tolist()]
    write_json("halves.json", {
        "float32": unsigned(values.view(torch.int32), 0xFFFFFFFF),
        "float16": unsigned(values.half().view(torch.int16), 0xFFFF),
        "bfloat16": unsigned(values.bfloat16().view(torch.int16), 0xFFFF),
    })


OUT.mkdir(parents=True, exist_ok=True)
reference()
verdicts()
halves()
