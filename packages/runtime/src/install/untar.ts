import { createReadStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGunzip } from 'node:zlib';

/** Tar is a sequence of blocks of this size: a header, then the content padded to a whole block (POSIX ustar). */
const BLOCK = 512;

/**
 * Unpacks the plain files of a small `.tgz` as npm writes it: ustar headers, with a pax header before a name that is
 * too long for one. Links and devices are left out.
 *
 * @returns the names unpacked
 */
export async function untar(tgz: string, dir: string): Promise<string[]> {
  const data = await buffer(createReadStream(tgz).pipe(createGunzip()));
  const names: string[] = [];
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= data.length; ) {
    const header = data.subarray(at, at + BLOCK);
    if (header.every((byte) => byte === 0)) break;
    const size = Number.parseInt(text(header, 124, 12), 8);
    const content = data.subarray(at + BLOCK, at + BLOCK + size);
    const type = String.fromCharCode(header[156]);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (type === 'x') {
      longName = paxPath(content);
    } else if (type === '0' || type === '\0') {
      const name = longName ?? [text(header, 345, 155), text(header, 0, 100)].filter(Boolean).join('/');
      longName = undefined;
      const path = join(dir, normalize(join('/', name)));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
      names.push(name);
    } else {
      longName = undefined;
    }
  }
  return names;
}

function text(header: Buffer, start: number, length: number): string {
  return header.toString('utf8', start, start + length).replace(/\0.*$/s, '');
}

/** A pax record is `<length> <key>=<value>\n`, the length counting all of it in bytes. */
function paxPath(records: Buffer): string | undefined {
  for (let at = 0; at < records.length; ) {
    const length = Number.parseInt(records.toString('utf8', at, at + 20), 10);
    if (!(length > 0)) return undefined;
    const record = records.toString('utf8', at, at + length - 1);
    const path = record.match(/^\d+ path=(.*)$/s);
    if (path) return path[1];
    at += length;
  }
  return undefined;
}
