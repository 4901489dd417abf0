import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The points in all event files of TensorBoard in a folder, in the order of the files. A decoder of its own: it shares no code with the
 * writer in @fin/train.
 */
export function readEvents(dir) {
  return readdirSync(dir)
    .filter((name) => name.includes('tfevents'))
    .sort()
    .flatMap((name) => events(readFileSync(join(dir, name))));
}

function events(file) {
  const found = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    const event = fields(file.subarray(at + 12, at + 12 + length));
    at += 12 + length + 4;
    const step = Number(event.get(2) ?? 0);
    if (event.has(7)) found.push({ step, session: Number(fields(event.get(7)).get(1)) });
    if (!event.has(5)) continue;
    const value = fields(fields(event.get(5)).get(1));
    found.push({ step, tag: value.get(1).toString('utf8'), value: value.get(2) });
  }
  return found;
}

/** Fields of a protobuf message by number; floats and doubles are read as numbers. */
function fields(message) {
  const found = new Map();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const key = Number(varint());
    const [number, wire] = [key >> 3, key & 7];
    if (wire === 0) found.set(number, varint());
    else {
      const length = wire === 1 ? 8 : wire === 5 ? 4 : Number(varint());
      const bytes = message.subarray(at, at + length);
      at += length;
      found.set(number, wire === 1 ? bytes.readDoubleLE() : wire === 5 ? bytes.readFloatLE() : bytes);
    }
  }
  return found;
}
