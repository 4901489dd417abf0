import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { openCheckpoint } from '@fin/finbert-lora/checkpoint';

/** Bytes read at a time. */
const CHUNK = 1 << 20;

/** sha256 over the files with a model's weights, in hex. */
export async function weightsDigest(dir: string): Promise<string> {
  const checkpoint = await openCheckpoint(dir);
  await checkpoint.close();
  return filesDigest(checkpoint.files);
}

/** sha256 over the content of files; their paths do not matter. */
export async function filesDigest(files: readonly string[]): Promise<string> {
  const digests: string[] = [];
  for (const file of files) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(file, { highWaterMark: CHUNK }), hash);
    digests.push(hash.digest('hex'));
  }
  return digests.length === 1 ? digests[0] : hashValue(digests);
}

/** sha256 of a value as JSON. */
export function hashValue(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
