import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import type { Entry, ZipFile } from 'yauzl';
import { openPromise } from 'yauzl';
import { SourceInputError, SourceUnavailableError } from '../errors.js';

/** Forms of tables that `@fin/data` reads, and texts about them. */
const EXPECTED = /\.(csv|tsv|txt|json|jsonl|parquet|md)$/i;

/** The largest file that `@fin/data` reads. */
const MAX_FILE_BYTES = 256 * 2 ** 20;

/** Eight such files: more than any set of headlines and prices, and little enough for a disk. */
const MAX_BYTES = 8 * MAX_FILE_BYTES;

/** Files of a set. More are a set of another kind, such as images. */
const MAX_FILES = 1000;

/** Plain names, with folders: none that is hidden, leads out of the folder, is reserved on Windows, or could move a terminal's cursor. */
const SAFE_NAME =
  /^(?!(.*\/)?(\.|(con|prn|aux|nul|com\d|lpt\d)(\.|\/|$)))[\w ()&+,@=.-]+(\/[\w ()&+,@=.-]+)*$/i;

const REGULAR_FILE = 0o100000;
const FILE_TYPE = 0o170000;
const ENCRYPTED = 1;

/** A file that was unpacked. */
export interface UnpackedFile {
  /** Path in the folder, with `/` between its parts. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Unpacks the tables of a zip archive. All names are checked before anything is written: a file that is not expected is refused, and
 * with it the archive. Sizes and checksums are compared with those in the archive.
 *
 * @param dir folder to write
 * @param only names of the files when they are known; others are refused then
 * @throws {SourceInputError} when it has files of another kind, too many or too large ones
 * @throws {SourceUnavailableError} when it is no zip archive, or is damaged
 */
export async function unpackTables(
  archive: string,
  dir: string,
  {
    only,
    name,
    signal,
  }: { readonly only?: readonly string[]; readonly name: string; readonly signal?: AbortSignal },
): Promise<UnpackedFile[]> {
  const zip = await openPromise(archive, { strictFileNames: true, autoClose: false }).catch((error) => {
    throw damaged(name, error);
  });
  try {
    const entries: Entry[] = [];
    try {
      for await (const entry of zip.eachEntry()) {
        if (entry.fileName.endsWith('/')) continue;
        entries.push(entry);
        if (entries.length > MAX_FILES)
          throw new SourceInputError(`${name} has more than ${MAX_FILES} files: it is no set of tables`);
      }
    } catch (error) {
      throw error instanceof SourceInputError ? error : damaged(name, error);
    }
    requireExpected(entries, name, only);
    const files: UnpackedFile[] = [];
    for (const entry of entries) {
      signal?.throwIfAborted();
      files.push(await unpackOne(zip, entry, dir, name, signal));
    }
    return files;
  } finally {
    zip.close();
  }
}

/** @throws {SourceInputError} naming the entries that must not be unpacked, and why */
function requireExpected(entries: readonly Entry[], name: string, only?: readonly string[]): void {
  const seen = new Set<string>();
  const problems = entries.flatMap((entry) => {
    const { fileName, uncompressedSize } = entry;
    const key = fileName.toLowerCase();
    const twice = seen.has(key);
    seen.add(key);
    const problem = problemOf(entry, only) ?? (twice ? 'is there twice' : null);
    if (problem !== null) return [`${JSON.stringify(fileName.slice(0, 80))} ${problem}`];
    return uncompressedSize > MAX_FILE_BYTES
      ? [`${JSON.stringify(fileName.slice(0, 80))} has more than ${MAX_FILE_BYTES} bytes`]
      : [];
  });
  const total = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  if (total > MAX_BYTES) problems.push(`unpacked it has ${total} bytes, more than ${MAX_BYTES}`);
  if (entries.length === 0) problems.push('it is empty');
  if (problems.length === 0) return;
  const more = problems.length > 3 ? `; and ${problems.length - 3} more` : '';
  throw new SourceInputError(
    `${name} was not unpacked: ${problems.slice(0, 3).join('; ')}${more}. Tables and texts alone are expected${only ? `: ${only.join(', ')}` : ''}`,
  );
}

function problemOf(
  { fileName, generalPurposeBitFlag, externalFileAttributes, versionMadeBy }: Entry,
  only?: readonly string[],
): string | null {
  if (!SAFE_NAME.test(fileName)) return 'is not a plain file name';
  const type = (externalFileAttributes >>> 16) & FILE_TYPE;
  const madeOnUnix = versionMadeBy >>> 8 === 3;
  if (madeOnUnix && type !== 0 && type !== REGULAR_FILE) return 'is a link or a device';
  if (generalPurposeBitFlag & ENCRYPTED) return 'is encrypted';
  if (only ? !only.includes(fileName) : !EXPECTED.test(fileName)) return 'is not expected';
  return null;
}

async function unpackOne(
  zip: ZipFile,
  entry: Entry,
  dir: string,
  name: string,
  signal?: AbortSignal,
): Promise<UnpackedFile> {
  const path = join(dir, ...entry.fileName.split('/'));
  await mkdir(dirname(path), { recursive: true });
  let checksum = 0;
  const check = new Transform({
    transform(piece: Buffer, _, done) {
      checksum = zlib.crc32(piece, checksum);
      done(null, piece);
    },
    flush(done) {
      done(checksum === entry.crc32 ? null : new Error(`the checksum of ${entry.fileName} is wrong`));
    },
  });
  try {
    await pipeline(await zip.openReadStreamPromise(entry), check, createWriteStream(path, { flags: 'wx' }), {
      signal,
    });
  } catch (error) {
    signal?.throwIfAborted();
    if ('syscall' in (error as Error)) throw error;
    throw damaged(name, error);
  }
  return { path: entry.fileName, size: entry.uncompressedSize };
}

const damaged = (name: string, cause: unknown): SourceUnavailableError =>
  new SourceUnavailableError(
    `what was sent as ${name} is no zip archive, or is damaged (${(cause as Error).message}): try again; if it stays so, a proxy or mirror changes it`,
    { cause },
  );
