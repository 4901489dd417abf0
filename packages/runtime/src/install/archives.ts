import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { open } from 'yauzl';

export interface UnzipOptions {
  readonly signal?: AbortSignal;
  /** Called with the bytes just written. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Unpacks the members of a zip file whose names match, keeping the executable bit. Names that would leave `dir` are
 * refused by yauzl.
 *
 * @returns the names unpacked
 */
export async function unzip(
  zip: string,
  dir: string,
  take: RegExp,
  options: UnzipOptions = {},
): Promise<string[]> {
  const file = await openZip(zip);
  const names: string[] = [];
  const folders = new Set<string>();
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      const entry = await nextEntry(file);
      if (!entry) return names;
      if (entry.fileName.endsWith('/') || !take.test(entry.fileName)) continue;
      const path = join(dir, entry.fileName);
      if (!folders.has(dirname(path))) {
        await mkdir(dirname(path), { recursive: true });
        folders.add(dirname(path));
      }
      const mode = (entry.externalFileAttributes >>> 16) & 0o111 ? 0o755 : 0o644;
      const count = counting(options.onBytes);
      await pipeline(await readMember(file, entry), count, createWriteStream(path, { mode }), {
        signal: options.signal,
      });
      names.push(entry.fileName);
    }
  } finally {
    file.close();
  }
}

const counting = (onBytes: UnzipOptions['onBytes']) =>
  async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      onBytes?.(chunk.length);
      yield chunk;
    }
  };

const openZip = (path: string): Promise<ZipFile> =>
  new Promise((resolve, reject) => {
    open(path, { lazyEntries: true, autoClose: false }, (error, file) =>
      error ? reject(error) : resolve(file),
    );
  });

const nextEntry = (file: ZipFile): Promise<Entry | null> =>
  new Promise((resolve, reject) => {
    const onEntry = (entry: Entry) => settle(() => resolve(entry));
    const onEnd = () => settle(() => resolve(null));
    const onError = (error: Error) => settle(() => reject(error));
    const settle = (then: () => void) => {
      file.off('entry', onEntry).off('end', onEnd).off('error', onError);
      then();
    };
    file.on('entry', onEntry).on('end', onEnd).on('error', onError);
    file.readEntry();
  });

const readMember = (file: ZipFile, entry: Entry): Promise<Readable> =>
  new Promise((resolve, reject) => {
    file.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  });

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

/** Digest of a file's content, read in pieces. */
export async function hashFile(
  path: string,
  algorithm: 'sha256' | 'sha512',
  encoding: 'hex' | 'base64',
): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest(encoding);
}
