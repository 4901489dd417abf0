import { isUtf8 } from 'node:buffer';
import type { ByteSource } from '@fin/files/safetensors';
import { printable } from '@fin/files/safetensors';
import { FormatFault } from '../errors.js';

/** Signatures and fixed lengths of the records in a zip archive (PKWARE APPNOTE 4.3). */
export const LOCAL = { signature: 0x04034b50, bytes: 30 } as const;
export const CENTRAL = { signature: 0x02014b50, bytes: 46 } as const;
export const END = { signature: 0x06054b50, bytes: 22 } as const;
export const ZIP64_END = { signature: 0x06064b50, bytes: 56 } as const;
export const ZIP64_LOCATOR = { signature: 0x07064b50, bytes: 20 } as const;

/** Values with the meaning "see the zip64 record". */
export const IN_ZIP64_16 = 0xffff;
export const IN_ZIP64_32 = 0xffffffff;

/** Flags that torch's writer sets: sizes follow the data, and names are UTF-8. Encryption and all else is refused. */
export const FLAG_SIZES_FOLLOW = 0x0008;
export const FLAG_UTF8 = 0x0800;

/** Maximum number of entries. Real checkpoints have one per tensor, a few hundred. Opening the file takes one read per entry. */
export const MAX_ENTRIES = 20_000;

/** Maximum size of a directory: 20,000 entries with names of 400 bytes (CWE-770). */
export const MAX_DIRECTORY_BYTES: number = 8 * 2 ** 20;

/** A view of a record's bytes, to read its integers. */
export function recordOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Reads a 64-bit number. It must be at most 2^53 - 1, the largest exact integer of JavaScript. */
export function safeUint64(record: Buffer, at: number): number {
  const value = record.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new FormatFault(`its zip archive names the impossible place or size ${value}`);
  }
  return Number(value);
}

/** Position of a zip archive's directory. */
export interface DirectoryPlace {
  readonly offset: number;
  readonly bytes: number;
  readonly entries: number;
}

/** Finds the directory by the end record, which must be the last bytes of the archive. Comments and trailing data are refused. */
export async function findDirectory(source: ByteSource): Promise<DirectoryPlace> {
  if (source.size < END.bytes) throw new FormatFault(`${source.size} bytes are too few for a zip archive`);
  const endAt = source.size - END.bytes;
  const end = recordOf(await source.read(endAt, END.bytes));
  if (end.readUInt32LE(0) !== END.signature || end.readUInt16LE(20) !== 0) {
    throw new FormatFault(
      'it does not end as a zip archive does, so it is cut off or something was appended',
    );
  }
  if (
    end.readUInt16LE(4) !== 0 ||
    end.readUInt16LE(6) !== 0 ||
    end.readUInt16LE(8) !== end.readUInt16LE(10)
  ) {
    throw new FormatFault('its zip archive claims to be one of several parts');
  }
  const short = { entries: end.readUInt16LE(10), bytes: end.readUInt32LE(12), offset: end.readUInt32LE(16) };
  const wide = await readZip64(source, endAt);
  const place = wide?.place ?? short;
  const agrees =
    (short.entries === place.entries || (wide !== null && short.entries === IN_ZIP64_16)) &&
    (short.bytes === place.bytes || (wide !== null && short.bytes === IN_ZIP64_32)) &&
    (short.offset === place.offset || (wide !== null && short.offset === IN_ZIP64_32));
  if (!agrees) throw new FormatFault('its zip archive ends in two records that disagree');
  if (place.entries > MAX_ENTRIES || place.bytes > MAX_DIRECTORY_BYTES) {
    throw new FormatFault(
      `its zip archive claims ${place.entries} entries in ${place.bytes} bytes, more than any checkpoint has`,
    );
  }
  if (place.offset + place.bytes !== (wide?.at ?? endAt) || place.bytes < place.entries * CENTRAL.bytes) {
    throw new FormatFault('the directory of its zip archive is not where its end says');
  }
  return place;
}

async function readZip64(
  source: ByteSource,
  endAt: number,
): Promise<{ at: number; place: DirectoryPlace } | null> {
  const locatorAt = endAt - ZIP64_LOCATOR.bytes;
  const at = locatorAt - ZIP64_END.bytes;
  if (at < 0) return null;
  const records = recordOf(await source.read(at, endAt - at));
  const locator = records.subarray(ZIP64_END.bytes);
  if (locator.readUInt32LE(0) !== ZIP64_LOCATOR.signature) return null;
  const wellFormed =
    locator.readUInt32LE(4) === 0 &&
    safeUint64(locator, 8) === at &&
    records.readUInt32LE(0) === ZIP64_END.signature &&
    safeUint64(records, 4) === ZIP64_END.bytes - 12 &&
    records.readUInt32LE(16) === 0 &&
    records.readUInt32LE(20) === 0 &&
    safeUint64(records, 24) === safeUint64(records, 32);
  if (!wellFormed) throw new FormatFault('the zip64 end record of its zip archive is damaged');
  const place = {
    entries: safeUint64(records, 32),
    bytes: safeUint64(records, 40),
    offset: safeUint64(records, 48),
  };
  return { at, place };
}

/** Number of the extra field with values of more than 32 bits. */
const ZIP64_EXTRA = 1;

/** An entry of the archive's directory. */
export interface DirectoryEntry {
  readonly name: string;
  /** Stored bytes of the name. */
  readonly nameBytes: Uint8Array;
  readonly flags: number;
  /** Length of the content in bytes. */
  readonly size: number;
  /** Offset of the entry's local header. */
  readonly headerAt: number;
}

/** Reads a zip archive's directory. Refuses entries that torch's writer never makes. */
export function parseDirectory(bytes: Uint8Array, count: number): DirectoryEntry[] {
  const directory = recordOf(bytes);
  const entries: DirectoryEntry[] = [];
  const names = new Set<string>();
  let at = 0;
  while (at < directory.length) {
    if (at + CENTRAL.bytes > directory.length || directory.readUInt32LE(at) !== CENTRAL.signature) {
      throw new FormatFault('the directory of its zip archive is damaged');
    }
    const nameLength = directory.readUInt16LE(at + 28);
    const extraLength = directory.readUInt16LE(at + 30);
    const nameAt = at + CENTRAL.bytes;
    const next = nameAt + nameLength + extraLength + directory.readUInt16LE(at + 32);
    if (next > directory.length) throw new FormatFault('the directory of its zip archive is cut off');
    const nameBytes = directory.subarray(nameAt, nameAt + nameLength);
    const name = checkName(nameBytes);
    if (names.has(name)) throw new FormatFault(`its zip archive has the entry ${printable(name)} twice`);
    names.add(name);
    const fixed = directory.subarray(at, nameAt);
    checkMethod(name, fixed);
    const extra = directory.subarray(nameAt + nameLength, nameAt + nameLength + extraLength);
    entries.push({ name, nameBytes, flags: fixed.readUInt16LE(8), ...sizeAndPlace(name, fixed, extra) });
    at = next;
  }
  if (entries.length !== count) {
    throw new FormatFault(`its zip archive claims ${count} entries and lists ${entries.length}`);
  }
  return entries;
}

function checkName(bytes: Buffer): string {
  const name = bytes.toString('utf8');
  const parts = name.split('/');
  const outside = parts.some((part) => part === '' || part === '.' || part === '..');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (!isUtf8(bytes) || outside || /[\u0000-\u001f\u007f\\:]/.test(name)) {
    throw new FormatFault(`its zip archive has an entry of the improper name ${printable(name)}`);
  }
  return name;
}

function checkMethod(name: string, fixed: Buffer): void {
  const flags = fixed.readUInt16LE(8);
  if ((flags & ~(FLAG_SIZES_FOLLOW | FLAG_UTF8)) !== 0) {
    const problem = (flags & 1) === 1 ? 'is encrypted' : `has the unknown flags 0x${flags.toString(16)}`;
    throw new FormatFault(`the entry ${printable(name)} of its zip archive ${problem}`);
  }
  if (fixed.readUInt16LE(10) !== 0 || fixed.readUInt32LE(20) !== fixed.readUInt32LE(24)) {
    refuseCompressed(name);
  }
  if (fixed.readUInt16LE(34) !== 0) {
    throw new FormatFault(`the entry ${printable(name)} of its zip archive lies in another part`);
  }
}

function refuseCompressed(name: string): never {
  throw new FormatFault(
    `the entry ${printable(name)} of its zip archive is compressed: torch compresses nothing but the code of a TorchScript program`,
  );
}

function sizeAndPlace(name: string, fixed: Buffer, extra: Buffer): { size: number; headerAt: number } {
  const wide = zip64Fields(name, extra);
  const take = (value: number): number => (value === IN_ZIP64_32 ? wide() : value);
  const size = take(fixed.readUInt32LE(24));
  if (take(fixed.readUInt32LE(20)) !== size) {
    refuseCompressed(name);
  }
  return { size, headerAt: take(fixed.readUInt32LE(42)) };
}

/** Returns a function that reads the 64-bit numbers of the zip64 extra field one by one. */
function zip64Fields(name: string, extra: Buffer): () => number {
  const damaged = (): never => {
    throw new FormatFault(`the entry ${printable(name)} of its zip archive has a damaged extra field`);
  };
  let fields = extra.subarray(0, 0);
  for (let at = 0; at < extra.length; ) {
    if (at + 4 > extra.length) damaged();
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (end > extra.length) damaged();
    if (extra.readUInt16LE(at) === ZIP64_EXTRA) fields = extra.subarray(at + 4, end);
    at = end;
  }
  return () => {
    if (fields.length < 8) damaged();
    const value = safeUint64(fields, 0);
    fields = fields.subarray(8);
    return value;
  };
}
