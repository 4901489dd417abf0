import { openSafetensors, toFloat32 } from '@fin/files/safetensors';
import type { Checkpoint } from './checkpoint.js';

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
