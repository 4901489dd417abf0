import { byteSourceOf } from '@fin/files/safetensors';
import { CheckpointError, readTorchCheckpoint } from '../../../src/checkpoint/index.js';
import type { EntryToWrite } from './zip-writer.js';
import { writeZip } from './zip-writer.js';

/** A checkpoint archive around a pickle, with one storage of four float32 under the key 0. */
export function archive(pickle: Uint8Array, ...more: EntryToWrite[]): Buffer {
  return writeZip([
    { name: 'm/data.pkl', data: pickle },
    { name: 'm/byteorder', data: Buffer.from('little') },
    { name: 'm/data/0', data: new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer) },
    ...more,
  ]);
}

/** All tensors of a checkpoint in memory. */
export async function readAll(
  bytes: Uint8Array,
): Promise<Record<string, { shape: readonly number[]; values: number[] }>> {
  const checkpoint = await readTorchCheckpoint(byteSourceOf(bytes));
  const all: Record<string, { shape: readonly number[]; values: number[] }> = {};
  for (const name of checkpoint.names()) {
    all[name] = { shape: checkpoint.info(name).shape, values: [...(await checkpoint.readFloat32(name))] };
  }
  return all;
}

/** Message of the error in which reading ends, which must be a CheckpointError. */
export async function refusal(bytes: Uint8Array): Promise<string> {
  try {
    await readAll(bytes);
  } catch (error) {
    if (error instanceof CheckpointError) return error.message;
    throw error;
  }
  throw new Error('it was read');
}
