/** TFRecord's constant, added to a rotated checksum so that data may contain checksums of its own. */
const MASK_DELTA = 0xa282ead8;

/** Encodings of protobuf fields (wire types). */
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Content of an event: the format for the first of a file, then one number each, or the start of a session. */
export type EventContent =
  | { readonly fileVersion: string }
  /** A resumed run begins: TensorBoard drops what it has read at this step and later. */
  | { readonly step: number; readonly sessionStart: true }
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
    if (content.step > 0) fields.push(key(2, WIRE.varint), varint(content.step)); // protobuf leaves out a 0
    fields.push('tag' in content ? numberField(content) : bytesField(7, SESSION_START));
  }
  return frame(Buffer.concat(fields));
}

/** `SessionLog` with the status `START`. */
const SESSION_START = Buffer.from([8, 1]);

function numberField({ tag, value }: { readonly tag: string; readonly value: number }): Buffer {
  const number = Buffer.alloc(4);
  number.writeFloatLE(value);
  const content = Buffer.concat([bytesField(1, Buffer.from(tag)), key(2, WIRE.fixed32), number]);
  return bytesField(5, bytesField(1, content));
}

/** A TFRecord: length, its checksum, data, their checksum. */
export function frame(data: Buffer): Uint8Array {
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

/** Encodes a whole number of 0 or more, seven bits at a time, lowest first. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

/** Castagnoli's polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78;

const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

/** CRC-32C (RFC 3720, appendix B.4). */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
