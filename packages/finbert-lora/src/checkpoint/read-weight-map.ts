import { isUtf8 } from 'node:buffer';
import { JsonScanError, JsonScanner, openByteSource, printable } from '@fin/files/safetensors';
import { asCheckpointError, CheckpointError } from './errors.js';

/** Largest index; that of a model of 670 billion parameters has 9 MB. */
const MAX_INDEX_BYTES: number = 64 * 2 ** 20;

/** Most shards: each is an open file, and many systems allow a process 1,024. */
const MAX_SHARDS = 512;

/** What a shard is called: a plain file name, so that an index cannot point out of its folder. */
const SHARD_NAME = /^[\w-][\w.-]*\.safetensors$/;

/**
 * Reads the index of a sharded checkpoint, `model.safetensors.index.json`.
 *
 * @returns the shard, a name in the index's own folder, of each tensor
 * @throws {CheckpointError}
 */
export async function readWeightMap(file: string): Promise<ReadonlyMap<string, string>> {
  const refuse = (problem: string, cause?: unknown): never => {
    throw new CheckpointError(`${problem}. Fetch the index again.`, { file, cause });
  };
  const bytes = await asCheckpointError(file, async () => {
    const source = await openByteSource(file);
    try {
      if (source.size > MAX_INDEX_BYTES)
        refuse(`an index of ${source.size} bytes is longer than any model's`);
      return await source.read(0, source.size);
    } finally {
      await source.close();
    }
  });
  if (!isUtf8(bytes)) refuse('the index is not valid UTF-8');
  const shards = new Map<string, string>();
  try {
    const scanner = new JsonScanner(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
    );
    scanner.object((key) => {
      if (key === 'weight_map') scanner.object((name) => shards.set(name, scanner.string()));
      else scanner.skip();
    });
    scanner.end();
  } catch (error) {
    if (!(error instanceof JsonScanError)) throw error;
    refuse(`the index is not as it must be: ${error.message}`, error);
  }
  if (shards.size === 0) refuse('the index has no weight_map, or an empty one');
  const names = new Set(shards.values());
  for (const name of names) {
    if (!SHARD_NAME.test(name)) refuse(`${printable(name)} is not the plain name of a .safetensors file`);
  }
  if (names.size > MAX_SHARDS) refuse(`the index names ${names.size} files, more than ${MAX_SHARDS}`);
  return shards;
}
