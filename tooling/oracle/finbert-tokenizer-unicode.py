"""Writes packages/finbert-lora/src/tokenizer/unicode-ranges.ts: which code points the reference BERT normaliser and
pre-tokeniser (Rust `tokenizers`, through its Python package) drop, turn into a space, or split off.

The reference carries the tables of an old Unicode version; JavaScript engines carry a newer one, and not all the same.
With the ranges taken from the reference itself the ids do not depend on the engine.

Run: python tooling/oracle/finbert-tokenizer-unicode.py
"""

from pathlib import Path

import tokenizers
from tokenizers import normalizers, pre_tokenizers

TARGET = Path(__file__).parents[2] / "packages/finbert-lora/src/tokenizer/unicode-ranges.ts"
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def normalizer(**on):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**off, **on}).normalize_str


def base36(n):
    text = DIGITS[n % 36]
    while n := n // 36:
        text = DIGITS[n % 36] + text
    return text


def encode(points):
    """Ascending runs as `gap.length`, the gap counted from the end of the run before (surrogates count as absent)."""
    runs = []
    for c in points:
        if runs and runs[-1][1] == c:
            runs[-1][1] = c + 1
        else:
            runs.append([c, c + 1])
    words, end = [], 0
    for start, stop in runs:
        words.append(base36(start - end) + "." + base36(stop - start))
        end = stop
    return " ".join(words)


clean, strip, cjk = normalizer(clean_text=True), normalizer(strip_accents=True), normalizer(handle_chinese_chars=True)
split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str


def pieces(c):
    return [piece for piece, _ in split("a" + chr(c) + "b")]


TABLES = {
    "DROPPED": ("Dropped by `clean_text`: control, format, private use, U+0000, U+FFFD.", lambda c: clean(chr(c)) == ""),
    "SPACE": ("Turned into a space by `clean_text`.", lambda c: clean(chr(c)) == " "),
    "ACCENT": ("Dropped after canonical decomposition when accents are stripped.", lambda c: strip(chr(c)) == ""),
    "IDEOGRAPH": ("Set apart by spaces: every ideograph is a word.", lambda c: cjk(chr(c)) != chr(c)),
    "PUNCTUATION": ("A word of its own.", lambda c: pieces(c) == ["a", chr(c), "b"]),
    "SEPARATOR": ("Ends a word and is dropped.", lambda c: pieces(c) == ["a", "b"]),
}

lines = [
    "// Written by tooling/oracle/finbert-tokenizer-unicode.py from tokenizers "
    + f"{tokenizers.__version__}: do not edit.",
    "// Each text lists ascending runs of code points as `gap.length` in base 36, the gap counted from the end of the run before.",
]
for name, (meaning, belongs) in TABLES.items():
    lines += ["", f"/** {meaning} */", f"export const {name} ="]
    lines += [f"  '{encode([c for c in CODE_POINTS if belongs(c)])}';"]
TARGET.write_text("\n".join(lines) + "\n")
