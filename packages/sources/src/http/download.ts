import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asFileWriteError, makeFolder, syncFolder } from '@fin/files';
import { SourceUnavailableError } from '../errors.js';
import type { Answer, HubClient } from './hub-client.js';
import { PROGRESS_BYTES } from './limits.js';
import { TransientError } from './problems.js';

/** sha256 of a content, or the id that git gives it: the sha1 of its length and content. */
export interface Digest {
  readonly algorithm: 'sha256' | 'git';
  readonly hex: string;
}

/** A file to download, and what is known of it beforehand. */
export interface Download {
  readonly url: string;
  /** Name in messages. */
  readonly name: string;
  /** Path to write. Until it is complete, the content is in `FILE.fin.incomplete`. */
  readonly file: string;
  readonly size: number;
  readonly digest: Digest;
  /** Told how many of the bytes are there. */
  readonly onProgress: (bytes: number) => void;
}

/** Contents with the wrong digest after which a download is given up. The first may be a leftover of an earlier one. */
const MAX_WRONG_CONTENTS = 2;

/**
 * Downloads a file, after the bytes that an earlier call left, and checks its size and digest. The file appears under its name only when
 * all of it is there and right.
 *
 * @throws {SourceUnavailableError} when the server does not send it, or sends another content
 * @throws {FileWriteError} of `@fin/files`
 */
export async function download(client: HubClient, wanted: Download): Promise<void> {
  const { name, file, digest } = wanted;
  const part = `${file}.fin.incomplete`;
  let wrong = 0;
  try {
    await makeFolder(dirname(file));
    let most = await sizeOf(part);
    await client.persist(async () => {
      try {
        await receive(client, part, wanted);
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        const size = await sizeOf(part);
        const progressed = size - most >= PROGRESS_BYTES;
        most = Math.max(most, size);
        throw new TransientError(error.message, { waitMs: error.waitMs, advice: error.advice, progressed });
      }
      if ((await digestOf(part, digest.algorithm)) === digest.hex) return;
      await rm(part);
      wrong++;
      if (wrong < MAX_WRONG_CONTENTS)
        throw new TransientError(`the content of ${name} is not what the hub lists`);
      throw new SourceUnavailableError(
        `the content of ${name} is not what the hub lists (${digest.algorithm} ${digest.hex}), ${wrong} times: a mirror or proxy changes it, or the disk is damaged`,
      );
    });
    await finish(part, file);
  } catch (error) {
    throw asFileWriteError(file, error);
  }
}

/** Fetches the bytes that a part lacks. */
async function receive(
  client: HubClient,
  part: string,
  { url, name, size, onProgress }: Download,
): Promise<void> {
  const handle = await open(part, 'a');
  try {
    let have = (await handle.stat()).size;
    if (have > size) have = await empty(handle);
    onProgress(have);
    if (have === size) return;
    // Without this, a server may compress, and the range would be one of compressed bytes.
    const headers = { 'accept-encoding': 'identity', ...(have > 0 && { range: `bytes=${have}-` }) };
    await client.request(url, { headers, accepted: [200, 206, 416] }, async ({ response, pieces }) => {
      if (response.status === 200) have = await empty(handle);
      else if (!continues(response, have, size)) {
        await empty(handle);
        throw new TransientError(`the server sent another part of ${name} than it was asked for`);
      }
      have = await append(handle, have, pieces(), { name, size, onProgress });
    });
    if (have < size) throw new TransientError(`${name} ended after ${have} of ${size} bytes`);
  } finally {
    await handle.close();
  }
}

/** Appends pieces to the file. Returns its size. */
async function append(
  handle: FileHandle,
  from: number,
  pieces: ReturnType<Answer['pieces']>,
  { name, size, onProgress }: Pick<Download, 'name' | 'size' | 'onProgress'>,
): Promise<number> {
  let have = from;
  for await (const piece of pieces) {
    if (have + piece.length > size) {
      await empty(handle);
      throw new TransientError(
        `the server sent more than the ${size} bytes of ${name} that the hub lists (a login page in its place?)`,
      );
    }
    await handle.writeFile(piece);
    have += piece.length;
    onProgress(have);
  }
  return have;
}

async function empty(handle: FileHandle): Promise<number> {
  await handle.truncate(0);
  return 0;
}

/** Whether an answer is the part of the file from byte `start` on. */
function continues({ status, headers }: Response, start: number, size: number): boolean {
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (status !== 206 || range === null) return false;
  return Number(range[1]) === start && (range[2] === '*' || Number(range[2]) === size);
}

async function digestOf(file: string, algorithm: Digest['algorithm']): Promise<string> {
  const hash = createHash(algorithm === 'git' ? 'sha1' : 'sha256');
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
