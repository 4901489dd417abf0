import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { openSafetensors, toFloat32 } from '@fin/files/safetensors';
import type { Checkpoint } from './checkpoint.js';
import { CheckpointError } from './errors.js';
import { openShardedCheckpoint } from './open-sharded-checkpoint.js';
import { openTorchCheckpoint } from './torch/open-torch-checkpoint.js';

/** Files with a model's weights, in order of preference: files without pickles first. */
const OPENERS: readonly (readonly [name: string, open: (file: string) => Promise<Checkpoint>])[] = [
  ['model.safetensors', openSafetensorsCheckpoint],
  ['model.safetensors.index.json', openShardedCheckpoint],
  ['pytorch_model.bin', openTorchCheckpoint],
];

/**
 * Opens the weights of a model folder in Hugging Face's layout: `model.safetensors`, else
 * `model.safetensors.index.json` with its shards, else `pytorch_model.bin`.
 *
 * @throws {CheckpointError | SafetensorsError}
 * @example
 * ```ts
 * const checkpoint = await openCheckpoint('models/all-MiniLM-L6-v2');
 * const weight = await checkpoint.readFloat32('embeddings.LayerNorm.weight');
 * await checkpoint.close();
 * ```
 */
export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new CheckpointError('it is not a folder that can be read. Give the folder of a model.', {
      file: folder,
      cause,
    });
  });
  for (const [name, open] of OPENERS) {
    if (names.includes(name)) return open(join(folder, name));
  }
  const wanted = OPENERS.map(([name]) => name).join(', ');
  const found = names.length === 0 ? 'it is empty' : `it has ${names.sort().slice(0, 12).join(', ')}`;
  throw new CheckpointError(
    `the folder holds none of ${wanted}; ${found}. Fetch the model's weights, or convert them to safetensors.`,
    { file: folder },
  );
}

/**
 * Opens one safetensors file as a checkpoint.
 *
 * @throws {SafetensorsError}
 */
export async function openSafetensorsCheckpoint(file: string): Promise<Checkpoint> {
  const opened = await openSafetensors(file);
  return {
    format: 'safetensors',
    files: [file],
    names: () => opened.names(),
    info: (name) => opened.info(name),
    read: (name) => opened.read(name),
    readFloat32: async (name) => toFloat32(await opened.read(name)),
    close: () => opened.close(),
  };
}
