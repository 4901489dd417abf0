import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { BertConfig } from '../config/bert-config.js';

/** Bytes read at a time. */
const CHUNK = 1 << 20;

/** sha256 over a model's configuration and the content of the files with its weights, wherever they lie. */
export async function modelFingerprint(config: BertConfig, files: readonly string[]): Promise<string> {
  const digests: string[] = [];
  for (const file of files) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(file, { highWaterMark: CHUNK }), hash);
    digests.push(hash.digest('hex'));
  }
  return hashValue([config, digests]);
}

/** sha256 of a value as JSON. */
export function hashValue(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
