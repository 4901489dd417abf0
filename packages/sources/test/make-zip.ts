import zlib from 'node:zlib';

/** A file of an archive, and what is unusual about it. */
export interface ZipMember {
  readonly name: string;
  readonly content: string | Buffer;
  /** Mode of Unix with the type of the file, such as 0o120777 of a link. @default 0o100644 */
  readonly mode?: number;
  /** @default that of the content */
  readonly crc32?: number;
  /** Size that the archive says. @default that of the content */
  readonly size?: number;
  readonly encrypted?: boolean;
}

const UTF8_NAMES = 0x800;

/** Makes a zip archive, also ones that no program would make. */
export function makeZip(members: readonly ZipMember[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, mode = 0o100644, encrypted = false, ...said } of members) {
    const plain = Buffer.from(content);
    const packed = zlib.deflateRawSync(plain);
    const path = Buffer.from(name);
    const common = Buffer.alloc(26); // the fields that both headers have
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(UTF8_NAMES | (encrypted ? 1 : 0), 2);
    common.writeUInt16LE(8, 4); // deflate
    common.writeUInt32LE(said.crc32 ?? zlib.crc32(plain), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(said.size ?? plain.length, 18);
    common.writeUInt16LE(path.length, 22);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE(mode * 2 ** 16, 6);
    entry.writeUInt32LE(offset, 10);
    const body = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, path, packed]);
    // version made by: Unix
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, entry, path]));
    bodies.push(body);
    offset += body.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, ...directory, end]);
}
