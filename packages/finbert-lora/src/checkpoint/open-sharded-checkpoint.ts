import { isUtf8 } from 'node:buffer';
import { dirname, join } from 'node:path';
import type { SafetensorsFile } from '@fin/files/safetensors';
import {
  JsonScanError,
  JsonScanner,
  openByteSource,
  openSafetensors,
  printable,
  SafetensorsError,
  toFloat32,
} from '@fin/files/safetensors';
import type { Checkpoint } from './checkpoint.js';
import { asCheckpointError, CheckpointError } from './errors.js';

/**
 * Opens a checkpoint of several safetensors files by its index. Every file in the index must exist and hold the tensors that the
 * index lists for it. Tensors that the index does not list are ignored.
 *
 * @param indexFile path of `model.safetensors.index.json`, with the shards beside it
 * @throws {CheckpointError | SafetensorsError}
 */
export async function openShardedCheckpoint(indexFile: string): Promise<Checkpoint> {
  const weightMap = await readWeightMap(indexFile);
  const shards = new Map<string, SafetensorsFile>();
  const close = async (): Promise<void> => {
    await Promise.all([...shards.values()].map((shard) => shard.close()));
  };
  const shardOf = (tensor: string): SafetensorsFile => {
    const shard = shards.get(weightMap.get(tensor) ?? '');
    if (shard !== undefined) return shard;
    throw new CheckpointError(`it names no tensor ${printable(tensor)}.`, { file: indexFile });
  };
  try {
    for (const name of new Set(weightMap.values())) shards.set(name, await openShard(indexFile, name));
    for (const tensor of weightMap.keys()) shardOf(tensor).info(tensor);
  } catch (error) {
    await close();
    if (!(error instanceof SafetensorsError) || error.code !== 'TensorNotFound') throw error;
    throw new CheckpointError(
      `it says that ${error.file} holds the tensor ${printable(error.tensor ?? '')}, and it does not. Fetch all files of one version again.`,
      { file: indexFile, cause: error },
    );
  }
  return {
    format: 'sharded-safetensors',
    files: [...shards.keys()].map((name) => join(dirname(indexFile), name)),
    names: () => [...weightMap.keys()],
    info: (name) => shardOf(name).info(name),
    read: async (name) => shardOf(name).read(name),
    readFloat32: async (name) => toFloat32(await shardOf(name).read(name)),
    close,
  };
}

async function openShard(indexFile: string, name: string): Promise<SafetensorsFile> {
  const file = join(dirname(indexFile), name);
  try {
    return await openSafetensors(file);
  } catch (error) {
    if (!(error instanceof SafetensorsError) || error.code !== 'IoError') throw error;
    throw new CheckpointError(`its part ${name} cannot be opened. Fetch the missing file.`, {
      file: indexFile,
      cause: error,
    });
  }
}

/** Maximum size of an index. A model of 670 billion parameters has one of 9 MB. */
const MAX_INDEX_BYTES: number = 64 * 2 ** 20;

/** Maximum number of shards. Each is an open file, and many systems allow 1,024 per process. */
const MAX_SHARDS = 512;

/** Matches plain file names, so that an index cannot refer to files outside its folder. */
const SHARD_NAME = /^[\w-][\w.-]*\.safetensors$/;

/**
 * Reads the index of a sharded checkpoint, `model.safetensors.index.json`. Uses the JSON scanner of safetensors headers, which
 * refuses duplicate keys.
 *
 * @returns the file name of each tensor's shard, in the folder of the index
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
