import { dirname, join } from 'node:path';
import type { SafetensorsFile } from '@fin/files/safetensors';
import { openSafetensors, printable, SafetensorsError, toFloat32 } from '@fin/files/safetensors';
import type { Checkpoint } from './checkpoint.js';
import { CheckpointError } from './errors.js';
import { readWeightMap } from './read-weight-map.js';

/**
 * Opens a checkpoint of several safetensors files by its index. Every file that the index names must be there and hold what
 * the index says; a tensor that the index does not name is not part of the checkpoint.
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
