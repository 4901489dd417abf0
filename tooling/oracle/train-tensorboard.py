"""Reference bytes of a TensorBoard event file for @fin/train, by tensorboard's own messages and record writer.

    python tooling/oracle/train-tensorboard.py > packages/train/test/fixtures/tensorboard.json
"""

import io
import json
import sys

from tensorboard import version
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

EVENTS = [
    {"wallTime": 1420156800.25, "fileVersion": "brain.Event:2"},
    {"wallTime": 1420156801.5, "step": 0, "tag": "train/loss", "value": 0.6931471824645996},
    {"wallTime": 1420156802.75, "step": 300, "tag": "evaluation/naïve", "value": -1.5},
    {"wallTime": 1420156803.0, "step": 2**40, "tag": "a" * 200, "value": 0.0},
    {"wallTime": 1420156804.0, "step": 301, "sessionStart": True},
]


def record(described):
    event = Event(wall_time=described["wallTime"])
    if "fileVersion" in described:
        event.file_version = described["fileVersion"]
    elif "sessionStart" in described:
        event.step = described["step"]
        event.session_log.status = SessionLog.START
    else:
        event.step = described["step"]
        event.summary.CopyFrom(Summary(value=[Summary.Value(tag=described["tag"], simple_value=described["value"])]))
    target = io.BytesIO()
    RecordWriter(target).write(event.SerializeToString())
    return target.getvalue().hex()


json.dump(
    {
        "generator": "tooling/oracle/train-tensorboard.py",
        "tensorboard": version.VERSION,
        "events": [{**described, "record": record(described)} for described in EVENTS],
    },
    sys.stdout,
    ensure_ascii=False,
)
sys.stdout.write("\n")
