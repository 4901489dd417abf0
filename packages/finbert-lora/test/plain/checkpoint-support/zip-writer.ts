/** An entry to be written; every field but the first two is there to write something wrong. */
export interface EntryToWrite {
  readonly name: string;
  readonly data: Uint8Array;
  readonly flags?: number;
  readonly method?: number;
  /** Name in the entry's own header. */
  readonly localName?: string;
  /** Sizes that the directory claims. */
  readonly size?: number;
  readonly compressedSize?: number;
  /** Sizes that the entry's own header claims. */
  readonly localSize?: number;
  /** Place that the directory claims. */
  readonly offset?: number;
  readonly rawName?: Uint8Array;
  /** Numbers in the directory go into a zip64 field. */
  readonly zip64?: boolean;
  /** Bytes of extra field in the entry's own header, as torch pads its data to 64. */
  readonly padding?: number;
}

export interface ArchiveOptions {
  readonly comment?: string;
  readonly before?: Uint8Array;
  readonly zip64?: boolean;
  /** Number of entries that the end claims. */
  readonly entries?: number;
}

const FULL = 0xffffffff;

const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(Math.min(value, FULL));
  return bytes;
};

const u64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
};

/** A zip archive, well formed unless told otherwise, of stored entries without checksums. */
export function writeZip(entries: readonly EntryToWrite[], options: ArchiveOptions = {}): Buffer {
  const parts: Buffer[] = [Buffer.from(options.before ?? [])];
  const directory: Buffer[] = [];
  let at = parts[0].length;
  for (const entry of entries) {
    const { data, flags = 0, method = 0, zip64 = false, padding = 0 } = entry;
    const name = Buffer.from(entry.rawName ?? Buffer.from(entry.name));
    const localName = Buffer.from(entry.localName ?? name);
    const size = entry.size ?? data.length;
    const compressed = entry.compressedSize ?? size;
    const offset = entry.offset ?? at;
    const local = entry.localSize ?? ((flags & 8) === 8 ? 0 : size);
    const follows = (flags & 8) === 8 ? [u32(0x08074b50), u32(0), u32(size), u32(size)] : [];
    const written = Buffer.concat([
      ...[u32(0x04034b50), u16(0), u16(flags), u16(method), u32(0), u32(0), u32(local), u32(local)],
      ...[u16(localName.length), u16(padding), localName, Buffer.alloc(padding), data, ...follows],
    ]);
    const extra = zip64
      ? Buffer.concat([u16(1), u16(24), u64(size), u64(compressed), u64(offset)])
      : Buffer.alloc(0);
    directory.push(
      ...[u32(0x02014b50), u16(0), u16(0), u16(flags), u16(method), u32(0), u32(0)],
      ...[
        u32(zip64 ? FULL : compressed),
        u32(zip64 ? FULL : size),
        u16(name.length),
        u16(extra.length),
        u16(0),
      ],
      ...[u16(0), u16(0), u32(0), u32(zip64 ? FULL : offset), name, extra],
    );
    parts.push(written);
    at += written.length;
  }
  const list = Buffer.concat(directory);
  const count = options.entries ?? entries.length;
  parts.push(list);
  if (options.zip64) {
    parts.push(
      ...[
        u32(0x06064b50),
        u64(44),
        u16(30),
        u16(45),
        u32(0),
        u32(0),
        u64(count),
        u64(count),
        u64(list.length),
        u64(at),
      ],
      ...[u32(0x07064b50), u32(0), u64(at + list.length), u32(1)],
    );
  }
  const [shortCount, shortLength, shortAt] = options.zip64 ? [0xffff, FULL, FULL] : [count, list.length, at];
  const comment = Buffer.from(options.comment ?? '');
  parts.push(
    ...[u32(0x06054b50), u16(0), u16(0), u16(shortCount), u16(shortCount), u32(shortLength), u32(shortAt)],
    ...[u16(comment.length), comment],
  );
  return Buffer.concat(parts);
}
