import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';

export interface UnzipOptions {
  readonly signal?: AbortSignal;
  /** Called with the number of bytes just written. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Unpacks the members of a zip file whose names match `take`, and keeps their executable bit. yauzl refuses names that would
 * leave `dir`.
 *
 * @returns the names of the unpacked members
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

async function openZip(path: string): Promise<ZipFile> {
  const { open } = await import('yauzl');
  return new Promise((resolve, reject) => {
    open(path, { lazyEntries: true, autoClose: false }, (error, file) =>
      error ? reject(error) : resolve(file),
    );
  });
}

const nextEntry = (file: ZipFile): Promise<Entry | null> =>
  new Promise((resolve, reject) => {
    const onEntry = (entry: Entry) => finish(() => resolve(entry));
    const onEnd = () => finish(() => resolve(null));
    const onError = (error: Error) => finish(() => reject(error));
    const finish = (then: () => void) => {
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

/**
 * Unpacks the plain files of a `.tgz`; links and devices are skipped. A name that would leave `dir` is kept inside it.
 *
 * @returns the names of the unpacked files
 */
export async function untar(tgz: string, dir: string): Promise<string[]> {
  const { extract } = await import('tar-stream');
  const names: string[] = [];
  const entries = extract();
  const reading = pipeline(createReadStream(tgz), createGunzip(), entries);
  for await (const entry of entries) {
    const { name, type } = entry.header;
    if (type !== 'file') {
      entry.resume();
      continue;
    }
    const path = join(dir, normalize(join('/', name)));
    await mkdir(dirname(path), { recursive: true });
    await pipeline(entry, createWriteStream(path));
    names.push(name);
  }
  await reading;
  return names;
}

/** Digest of a file, read piece by piece. */
export async function hashFile(
  path: string,
  algorithm: 'sha256' | 'sha512',
  encoding: 'hex' | 'base64',
): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest(encoding);
}
