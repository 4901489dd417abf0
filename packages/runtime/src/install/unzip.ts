import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
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
