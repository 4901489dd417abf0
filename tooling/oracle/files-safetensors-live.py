"""The Rust reference (its Python package) as a program, for packages/files/test/safetensors/oracle.test.ts.

Reads from stdin inputs that are each preceded by their length (u32, little-endian); prints one line of JSON for each: the
name of the error, or the tensors that `deserialize` gives.
"""

import json
import struct
import sys

from safetensors import SafetensorError, deserialize

MESSAGES = [
    ("header too small", "HeaderTooSmall"), ("header too large", "HeaderTooLarge"),
    ("invalid header length", "InvalidHeaderLength"), ("invalid UTF-8 in header", "InvalidHeader"),
    ("invalid JSON in header", "InvalidHeaderDeserialization"), ("invalid offset", "InvalidOffset"),
    ("overflow computing buffer size", "ValidationOverflow"), ("slicing for subbytes", "MisalignedSlice"),
    ("invalid shape, data type, or offset", "TensorInvalidInfo"), ("incomplete metadata", "MetadataIncompleteBuffer"),
]


def verdict(data):
    try:
        return {
            name: {"dtype": info["dtype"], "shape": [str(size) for size in info["shape"]], "hex": bytes(info["data"]).hex()}
            for name, info in deserialize(data)
        }
    except SafetensorError as error:
        return next(code for text, code in MESSAGES if text in str(error))


while length := sys.stdin.buffer.read(4):
    print(json.dumps(verdict(sys.stdin.buffer.read(struct.unpack("<I", length)[0]))))
