import { isUtf8 } from 'node:buffer';
import { printable } from '@fin/files/safetensors';
import { FormatFault } from '../errors.js';
import { CENTRAL, FLAG_SIZES_FOLLOW, FLAG_UTF8, IN_ZIP64_32, recordOf, safeUint64 } from './zip-format.js';

/** Number of the extra field that holds what does not fit 32 bits. */
const ZIP64_EXTRA = 1;

/** An entry as the archive's directory has it. */
export interface DirectoryEntry {
  readonly name: string;
  /** The name as it is stored. */
  readonly nameBytes: Uint8Array;
  readonly flags: number;
  /** Length of the content in bytes. */
  readonly size: number;
  /** Place of the entry's own header. */
  readonly headerAt: number;
}

/** Reads a zip archive's directory; entries that torch's writer would not make are refused. */
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

/** Gives the 64-bit numbers of the zip64 extra field one after the other. */
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
