import { crc32c } from './crc32c.js';

/** What is added to a rotated checksum, so that data which holds its own checksum does not upset it: TFRecord's constant. */
const MASK_DELTA = 0xa282ead8;

/** How a protobuf field is encoded. */
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** What an event says: first of a file its format, then one number each. */
export type EventContent =
  | { readonly fileVersion: string }
  | { readonly step: number; readonly tag: string; readonly value: number };

/**
 * One record of a TensorBoard event file: TensorFlow's `Event` message in a TFRecord frame (`event.proto`, `summary.proto`,
 * `record_writer.cc`).
 *
 * @param wallTime seconds since 1970
 */
export function eventRecord(wallTime: number, content: EventContent): Uint8Array {
  const time = Buffer.alloc(8);
  time.writeDoubleLE(wallTime);
  const fields = [key(1, WIRE.fixed64), time];
  if ('fileVersion' in content) {
    fields.push(bytesField(3, Buffer.from(content.fileVersion)));
  } else {
    const number = Buffer.alloc(4);
    number.writeFloatLE(content.value);
    const value = Buffer.concat([bytesField(1, Buffer.from(content.tag)), key(2, WIRE.fixed32), number]);
    if (content.step > 0) fields.push(key(2, WIRE.varint), varint(content.step)); // 0 is what is left out
    fields.push(bytesField(5, bytesField(1, value)));
  }
  return frame(Buffer.concat(fields));
}

function frame(data: Buffer): Uint8Array {
  const record = Buffer.alloc(8 + 4 + data.length + 4);
  record.writeBigUInt64LE(BigInt(data.length));
  record.writeUInt32LE(maskedCrc(record.subarray(0, 8)), 8);
  data.copy(record, 12);
  record.writeUInt32LE(maskedCrc(data), 12 + data.length);
  return record;
}

function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

function bytesField(field: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([key(field, WIRE.bytes), varint(bytes.length), bytes]);
}

function key(field: number, wire: number): Buffer {
  return varint(field * 8 + wire);
}

/** A whole number from 0 on, seven bits at a time, lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
