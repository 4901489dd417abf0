import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asFileWriteError, makeFolder, syncFolder } from '@fin/files';
import { SourceInputError, SourceUnavailableError } from '../errors.js';
import type { Answer, HttpClient } from './http-client.js';
import { PROGRESS_BYTES } from './limits.js';
import { TransientError } from './problems.js';

/** sha256 or md5 of a content, or the id that git gives it: the sha1 of its length and content. */
export interface Digest {
  readonly algorithm: 'sha256' | 'md5' | 'git';
  readonly hex: string;
}

/** A file to download, and what is known of it beforehand. */
export interface Download {
  readonly url: string;
  /** Name in messages. */
  readonly name: string;
  /** Path to write. Until it is complete, the content is in `FILE.fin.incomplete`. */
  readonly file: string;
  /** Size and digest that the source lists. @default those in the head of the first answer, as far as it names them */
  readonly listed?: { readonly size: number; readonly digest: Digest };
  /** Size above which a content that is not listed is given up, bytes. @default none */
  readonly maxBytes?: number;
  /** Told how many of the bytes are there, and how many there will be; null while that is not known. */
  readonly onProgress: (done: number, total: number | null) => void;
}

/** What is known of a content. */
interface Known {
  readonly size: number | null;
  readonly digest: Digest | null;
  /** Mark of this content, by which a server that has changed it since sends all of it; null when listed, or when there is none. */
  readonly etag: string | null;
  /** Where size and digest were read, for messages. */
  readonly where: string;
}

/** Contents with the wrong digest after which a download is given up. The first may be a leftover of an earlier one. */
const MAX_WRONG_CONTENTS = 2;

/**
 * Downloads a file, after the bytes that an earlier call left, and checks its size and digest. The file appears under its name only when
 * all of it is there and right.
 *
 * @throws {SourceUnavailableError} when the server does not send it, or sends another content
 * @throws {SourceInputError} when it is larger than is accepted
 * @throws {FileWriteError} of `@fin/files`
 */
export async function download(client: HttpClient, wanted: Download): Promise<void> {
  const { name, file, listed } = wanted;
  const part = `${file}.fin.incomplete`;
  const state: { known: Known } = {
    known: listed
      ? { ...listed, etag: null, where: 'the hub lists' }
      : { size: null, digest: null, etag: null, where: 'its server says' },
  };
  let wrong = 0;
  try {
    await makeFolder(dirname(file));
    let most = await sizeOf(part);
    await client.persist(async () => {
      try {
        await receive(client, part, wanted, state);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        const size = await sizeOf(part);
        const progressed = size - most >= PROGRESS_BYTES;
        most = Math.max(most, size);
        throw new TransientError(error.message, { waitMs: error.waitMs, advice: error.advice, progressed });
      }
      const { digest, where } = state.known;
      if (digest === null || (await digestOf(part, digest.algorithm)) === digest.hex) return;
      await rm(part);
      wrong++;
      if (wrong < MAX_WRONG_CONTENTS) throw new TransientError(`the content of ${name} is not what ${where}`);
      throw new SourceUnavailableError(
        `the content of ${name} is not what ${where} (${digest.algorithm} ${digest.hex}), ${wrong} times: a mirror or proxy changes it, or the disk is damaged`,
      );
    });
    await finish(part, file);
  } catch (error) {
    throw asFileWriteError(file, error);
  }
}

/** Fetches the bytes that a part lacks. @param state gets what the answer says about the content, also when it is cut later */
async function receive(
  client: HttpClient,
  part: string,
  wanted: Download,
  state: { known: Known },
): Promise<void> {
  const { url, name, listed, maxBytes = Number.POSITIVE_INFINITY, onProgress } = wanted;
  const handle = await open(part, 'a');
  try {
    let have = (await handle.stat()).size;
    const { size: expected, etag } = state.known;
    // Without a mark, nothing says that the rest would be of the same content.
    if (have > (expected ?? maxBytes) || (!listed && etag === null)) have = await empty(handle);
    onProgress(have, expected);
    if (have === expected) return;
    // Without this, a server may compress, and the range would be one of compressed bytes.
    const headers = {
      'accept-encoding': 'identity',
      ...(have > 0 && { range: `bytes=${have}-`, ...(etag !== null && { 'if-range': etag }) }),
    };
    await client.request(url, { headers, accepted: [200, 206, 416] }, async ({ response, pieces }) => {
      if (response.status === 200) {
        have = await empty(handle);
        if (!listed) state.known = knownFrom(response);
      } else if (!continues(response, have, expected)) {
        await empty(handle);
        throw new TransientError(`the server sent another part of ${name} than it was asked for`);
      }
      const { size } = state.known;
      if (size !== null && size > maxBytes) throw tooLarge(name, maxBytes);
      have = await append(handle, have, pieces(), wanted, state.known);
    });
    const { size } = state.known;
    if (size !== null && have < size)
      throw new TransientError(`${name} ended after ${have} of ${size} bytes`);
  } finally {
    await handle.close();
  }
}

/** Appends pieces to the file. Returns its size. */
async function append(
  handle: FileHandle,
  from: number,
  pieces: ReturnType<Answer['pieces']>,
  { name, maxBytes = Number.POSITIVE_INFINITY, onProgress }: Download,
  { size, where }: Known,
): Promise<number> {
  let have = from;
  for await (const piece of pieces) {
    if (size !== null && have + piece.length > size) {
      await empty(handle);
      throw new TransientError(
        `the server sent more than the ${size} bytes of ${name} that ${where} (a login page in its place?)`,
      );
    }
    if (have + piece.length > maxBytes) throw tooLarge(name, maxBytes);
    await handle.writeFile(piece);
    have += piece.length;
    onProgress(have, size);
  }
  return have;
}

const tooLarge = (name: string, maxBytes: number): SourceInputError =>
  new SourceInputError(`${name} is larger than ${maxBytes} bytes, the most that is accepted`);

/** What the head of an answer says about the whole content. Google's store names its md5. */
function knownFrom({ headers }: Response): Known {
  const length = headers.get('content-length');
  const md5 = /\bmd5=([A-Za-z0-9+/]{22}==)/.exec(headers.get('x-goog-hash') ?? '')?.[1];
  const etag = headers.get('etag');
  return {
    size: length !== null && /^\d{1,15}$/.test(length) ? Number(length) : null,
    digest: md5 === undefined ? null : { algorithm: 'md5', hex: Buffer.from(md5, 'base64').toString('hex') },
    etag: etag?.startsWith('"') ? etag : null, // a weak mark does not promise equal bytes
    where: 'its server says',
  };
}

async function empty(handle: FileHandle): Promise<number> {
  await handle.truncate(0);
  return 0;
}

/** Whether an answer is the part of the file from byte `start` on. */
function continues({ status, headers }: Response, start: number, size: number | null): boolean {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (status !== 206 || range === null) return false;
  return Number(range[1]) === start && (range[2] === '*' || size === null || Number(range[2]) === size);
}

/** sha256 of a file, in hex. */
export const sha256OfFile = (file: string): Promise<string> => digestOf(file, 'sha256');

async function digestOf(file: string, algorithm: Digest['algorithm']): Promise<string> {
  const hash = createHash(algorithm === 'git' ? 'sha1' : algorithm);
  if (algorithm === 'git') hash.update(`blob ${await sizeOf(file)}\0`);
  for await (const piece of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => null))?.size ?? 0;
}

/** Gives a complete file its name. */
async function finish(part: string, file: string): Promise<void> {
  const handle = await open(part, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(part, file);
  await syncFolder(dirname(file));
}
