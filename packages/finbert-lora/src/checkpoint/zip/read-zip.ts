import type { ByteSource } from '@fin/files/safetensors';
import { printable } from '@fin/files/safetensors';
import { FormatFault } from '../errors.js';
import type { DirectoryEntry } from './zip-directory.js';
import {
  FLAG_SIZES_FOLLOW,
  findDirectory,
  IN_ZIP64_32,
  LOCAL,
  parseDirectory,
  recordOf,
} from './zip-directory.js';

/** Bytes that may follow an entry with a data descriptor: two or four fields of 32 bits, with or without a signature. */
const DESCRIPTOR_BYTES = new Set([12, 16, 20, 24]);

/** Position and size of an entry's content in the archive. */
export interface ZipEntry {
  /** Offset of the first byte in the archive. */
  readonly offset: number;
  /** Length in bytes. */
  readonly size: number;
}

/**
 * Lists the entries of a zip archive that `torch.save` wrote. We wrote our own because zip libraries do not return the offsets of
 * entries, and tensors are read by offset. Compressed entries are refused, so nothing can expand. Every byte of the file must
 * belong to exactly one entry or record, so nothing overlaps or is hidden in between. Checksums are not compared: torch can be
 * set to leave them out.
 *
 * @throws {FormatFault}
 */
export async function readZip(source: ByteSource): Promise<ReadonlyMap<string, ZipEntry>> {
  const place = await findDirectory(source);
  const listed = parseDirectory(await source.read(place.offset, place.bytes), place.entries);
  listed.sort((a, b) => a.headerAt - b.headerAt);
  const entries = new Map<string, ZipEntry>();
  let free = 0;
  for (let i = 0; i < listed.length; i++) {
    const entry = listed[i];
    const next = i + 1 < listed.length ? listed[i + 1].headerAt : place.offset;
    const offset = entry.headerAt === free ? await contentPlace(source, entry, next) : overlapping(entry);
    const behind = next - (offset + entry.size);
    const sizesFollow = (entry.flags & FLAG_SIZES_FOLLOW) !== 0;
    if (sizesFollow ? !DESCRIPTOR_BYTES.has(behind) : behind !== 0) overlapping(entry);
    entries.set(entry.name, { offset, size: entry.size });
    free = next;
  }
  if (free !== place.offset) throw new FormatFault('its zip archive holds bytes that belong to no entry');
  return entries;
}

function overlapping({ name }: DirectoryEntry): never {
  throw new FormatFault(
    `the entry ${printable(name)} of its zip archive overlaps another, leaves a gap or claims a false size`,
  );
}

async function contentPlace(source: ByteSource, entry: DirectoryEntry, end: number): Promise<number> {
  const fixedBytes = LOCAL.bytes + entry.nameBytes.length;
  if (entry.headerAt + fixedBytes > end) overlapping(entry);
  const header = recordOf(await source.read(entry.headerAt, fixedBytes));
  const sizesFollow = (entry.flags & FLAG_SIZES_FOLLOW) !== 0;
  const sizeAgrees = (size: number): boolean =>
    size === entry.size || size === IN_ZIP64_32 || (sizesFollow && size === 0);
  const agrees =
    header.readUInt32LE(0) === LOCAL.signature &&
    header.readUInt16LE(6) === entry.flags &&
    header.readUInt16LE(8) === 0 &&
    sizeAgrees(header.readUInt32LE(18)) &&
    sizeAgrees(header.readUInt32LE(22)) &&
    header.readUInt16LE(26) === entry.nameBytes.length &&
    header.subarray(LOCAL.bytes).equals(entry.nameBytes);
  if (!agrees) {
    throw new FormatFault(
      `the entry ${printable(entry.name)} of its zip archive is not what the directory says`,
    );
  }
  return entry.headerAt + fixedBytes + header.readUInt16LE(28);
}
