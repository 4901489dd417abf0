"""Batches and the protocol that the Python peers share."""

import json
import re
import sys
import time


def grouped(headlines):
    """Headlines of similar length in one batch."""
    return sorted(headlines, key=lambda headline: len(headline["ids"]))


def in_batches(headlines, size):
    return [headlines[at : at + size] for at in range(0, len(headlines), size)]


def padded(part):
    longest = max(len(headline["ids"]) for headline in part)
    pad = lambda values: values + [0] * (longest - len(values))
    return {
        "input_ids": [pad(headline["ids"]) for headline in part],
        "attention_mask": [pad([1] * len(headline["ids"])) for headline in part],
        "labels": [headline["label"] for headline in part],
    }


def serve(about, run):
    """Prints `about`; then does one pass over all batches for every line on stdin, and prints its figures."""
    print(json.dumps(about), flush=True)
    for _ in sys.stdin:
        clock, processor = time.perf_counter(), time.process_time()
        losses = run()
        figures = {
            "milliseconds": (time.perf_counter() - clock) * 1e3,
            "processorMilliseconds": (time.process_time() - processor) * 1e3,
            "peakMemoryMB": peak_memory(),
            "losses": losses,
        }
        print(json.dumps(figures), flush=True)


def peak_memory():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read())[1]) * 1024 / 1e6
