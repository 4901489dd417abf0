"""Writes packages/finbert-lora/test/fixtures/tokenizer-*.json: token ids as transformers' BertTokenizerFast gives them.

* headlines: a digest over the ids of every headline of the Kaggle file, 100 days at a time, and one headline of each
  block in full, with the vocabulary of bert-base-uncased
* hostile: texts that tokenisers get wrong, with that vocabulary and with a small one kept in the fixture
* unicode: a digest over every code point, 65,536 at a time, with the small vocabulary

Run: python tooling/oracle/finbert-tokenizer.py SHARED_DATA_FOLDER
"""

import csv
import hashlib
import json
import random
import struct
import sys
from pathlib import Path

import tokenizers
import transformers
from transformers import BertTokenizerFast

SHARED = Path(sys.argv[1])
FIXTURES = Path(__file__).parents[2] / "packages/finbert-lora/test/fixtures"
VERSIONS = {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__}
DAYS_PER_BLOCK = 100


def write(name, content):
    FIXTURES.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"versions": VERSIONS, **content}, separators=(",", ":"))
    (FIXTURES / name).write_text(text + "\n")


def digest(sequences):
    """sha256 over little-endian int32: the length of a sequence, then its ids."""
    sha = hashlib.sha256()
    for ids in sequences:
        sha.update(struct.pack(f"<{len(ids) + 1}i", len(ids), *ids))
    return sha.hexdigest()


def well_formed(text):
    """What any writer of UTF-8 makes of lone surrogates; the reference takes nothing else."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


base = BertTokenizerFast(vocab=str(SHARED / "bert-vocab/bert-base-uncased-vocab.txt"))

# --- headlines
with open(SHARED / "stocknews-djia/Combined_News_DJIA.csv", newline="", encoding="utf-8") as file:
    days = [[row[f"Top{rank}"] for rank in range(1, 26)] for row in csv.DictReader(file)]
blocks = []
for start in range(0, len(days), DAYS_PER_BLOCK):
    texts = [cell for day in days[start : start + DAYS_PER_BLOCK] for cell in day if cell != ""]
    ids = base(texts)["input_ids"]
    longest = max(range(len(texts)), key=lambda i: len(ids[i]))
    blocks.append(
        {
            "headlines": len(texts),
            "tokens": sum(map(len, ids)),
            "sha256": digest(ids),
            "sample": {"at": longest, "ids": ids[longest]},
        }
    )
write("tokenizer-headlines.json", {"daysPerBlock": DAYS_PER_BLOCK, "blocks": blocks})

# --- hostile texts
texts = [
    "",
    " ",
    "\t\r\n",
    "Stocks rally as Fed holds rates",
    "STOCKS RALLY, AS FED HOLDS RATES!!!",
    "b\"Georgia 'downs two Russian warplanes' as countries move to brink of war\"",
    "b'Why wont America and Nato help us?\\r\\nIt\\'s over.'",
    "AT&amp;T &gt; Verizon &lt; Sprint &quot;now&quot; &#39;",
    "It's the U.S.A.'s $1,234.56bn (€1.1tn) deal -- 50% off... @home #tag ~ ` ^ | \\ / _ + = { } [ ] < >",
    "don’t “quote” – dash — em … ellipsis ‹x› «y» ¿qué? ¡sí!",
    "naïve café résumé Ångström Ørsted Łódź ÇA İstanbul ılık ẞ ß ﬁ ﬂ Æ Œ",
    "e\u0301 a\u0308\u0323 o\u0302\u0301\u0323 Z\u0351\u036b\u0343\u036a\u0302 combining",
    "ΟΔΟΣ ΟΔΟΣ. Σ ΑΣ ΣΑ ὈΔΥΣΣΕΎΣ",
    "ДОУ ДЖОНС упал на 2% в пятницу, й ё",
    "道琼斯指数周五下跌 2%，日経平均株価は上昇した。東京 코스피 지수 상승",
    "𠀀𠮷野家 𪜀𫝀 㐀㋿ 豈 ゔ が が",
    "مؤشر داو جونز يتراجع ٢٪ \u202bRTL\u202c \u200fمرحبا\u200e",
    "מדד דאו ג'ונס יורד שָׁלוֹם",
    "डाउ जोन्स गिरा क्षि ไทยตลาดหุ้น ตํ่า தமிழ் ದೇಶ",
    "📈📉 to the moon 🚀🚀 👩‍👩‍👧‍👦 🇺🇸 👍🏽 ☃️ 1️⃣ ©️ ™",
    "\u0000nul \u0001soh \u0007bel \u001b[31mred\u001b[0m \u007fdel \u0080pad \u0085nel \u009fapc",
    "zero\u200bwidth\u200cnon\u200djoiner\u2060word\ufeffbom soft\u00adhyphen",
    "\ufeffstarts with a mark",
    "nbsp\u00a0here thin\u2009here ideographic\u3000here ogham\u1680here line\u2028here para\u2029here vt\u000bhere ff\u000chere",
    "\ufffd replacement \ufffd\ufffd",
    "\ud83d lone high, lone low \udc00, swapped \udc00\ud83d, at the end \ud800",
    "private \ue000\uf8ff \U000f0000 unassigned \u0378 \U000e0041\U000e007f tag",
    "[CLS] [SEP] [PAD] [UNK] [MASK]",
    "[mask] [ MASK ] [MASK][MASK]x[MASK]y [MAS K] [[MASK]] x[SEP]y",
    "##ing ## # ##### a##b [unused0] [unused99]",
    "constructor __proto__ toString hasOwnProperty null undefined NaN 1e400 -0",
    "x" * 100,
    "x" * 101,
    "é" * 100,
    "é" * 101,
    "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝓯𝓪𝓷𝓬𝔂 ｆｕｌｌｗｉｄｔｈ Ⓒⓘⓡⓒⓛⓔⓓ ½ ² № ℡ Ⅳ",
    "pneumonoultramicroscopicsilicovolcanoconiosis " * 3,
    "https://www.reddit.com/r/worldnews/?q=%E2%82%AC&x=1#top me@example.com 127.0.0.1:8080 C:\\Windows\\x.exe",
    "$" * 300,
    "1" * 99 + " 3.14159265358979 1,000,000 0x1F 12:34:56 2016-07-01 50/50 #1",
    "a\u0300" * 60,
    "word " * 700,
    "ꓸ꘏ ܀ ᜴ ᙮ 𑇍 𑄀 ﹏ ︳ ‿ ⁀ ＿ ・ ･ 〜",
    "\u1e9b\u0323 \u212b \u2126 \u0344 \uac00\u11a8 \u1100\u1161\u11a8 \ufb1d \u0958",
]
words = [w for text in texts for w in base.backend_tokenizer.normalizer.normalize_str(well_formed(text)).split()]
characters = sorted({c for word in words for c in word})
random.Random(0).shuffle(characters)
seen = dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "Stocks", "stocks", "##ing", "__proto__", "constructor"])
for c in [*"abz", *characters[: len(characters) * 2 // 3]]:
    seen.update({c: None, "##" + c: None})
small_vocabulary = list(seen)
small = BertTokenizerFast(vocab={word: i for i, word in enumerate(small_vocabulary)})
cased = BertTokenizerFast(vocab={word: i for i, word in enumerate(small_vocabulary)}, do_lower_case=False)
as_given = [well_formed(text) for text in texts]
write(
    "tokenizer-hostile.json",
    {
        "smallVocabulary": small_vocabulary,
        "texts": texts,
        "base": base(as_given, truncation=True, max_length=512)["input_ids"],
        "base16": base(as_given, truncation=True, max_length=16)["input_ids"],
        "small": small(as_given, truncation=True, max_length=128)["input_ids"],
        "smallCased": cased(as_given, truncation=True, max_length=128)["input_ids"],
        "padded16": {
            key: value
            for key, value in base(as_given[:8], truncation=True, max_length=16, padding=True).items()
        },
    },
)

# --- every code point of the planes that hold characters, many to a text
PLANES = [0x0, 0x1, 0x2, 0x3, 0xE, 0xF]
POINTS_PER_TEXT = 256
blocks = []
for plane in PLANES:
    points = [c for c in range(plane << 16, plane + 1 << 16) if not 0xD800 <= c <= 0xDFFF]
    pieces = [f"a{chr(c)}b {chr(c)}{chr(c)}z" for c in points]
    texts = [" ".join(pieces[i : i + POINTS_PER_TEXT]) for i in range(0, len(pieces), POINTS_PER_TEXT)]
    blocks.append({"plane": plane, "sha256": digest(small(texts)["input_ids"])})
write("tokenizer-unicode.json", {"pointsPerText": POINTS_PER_TEXT, "blocks": blocks})
