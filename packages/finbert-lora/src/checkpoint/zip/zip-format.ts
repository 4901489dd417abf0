import { FormatFault } from '../errors.js';

/** Signatures and fixed lengths of the records in a zip archive (PKWARE APPNOTE 4.3). */
export const LOCAL = { signature: 0x04034b50, bytes: 30 } as const;
export const CENTRAL = { signature: 0x02014b50, bytes: 46 } as const;
export const END = { signature: 0x06054b50, bytes: 22 } as const;
export const ZIP64_END = { signature: 0x06064b50, bytes: 56 } as const;
export const ZIP64_LOCATOR = { signature: 0x07064b50, bytes: 20 } as const;

/** Values that stand for "see the zip64 record". */
export const IN_ZIP64_16 = 0xffff;
export const IN_ZIP64_32 = 0xffffffff;

/** Flags that torch's writer sets: sizes follow the data, and names are UTF-8. Encryption and all else is refused. */
export const FLAG_SIZES_FOLLOW = 0x0008;
export const FLAG_UTF8 = 0x0800;

/** Most entries; real checkpoints hold one per tensor, some hundreds. Each costs a read when the file is opened. */
export const MAX_ENTRIES = 20_000;

/** Largest directory: 20,000 entries with names of 400 bytes (CWE-770). */
export const MAX_DIRECTORY_BYTES: number = 8 * 2 ** 20;

/** A view with which the integers of a record are read. */
export function recordOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit number of the archive, which must be one that JavaScript can count with. */
export function safeUint64(record: Buffer, at: number): number {
  const value = record.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new FormatFault(`its zip archive names the impossible place or size ${value}`);
  }
  return Number(value);
}
