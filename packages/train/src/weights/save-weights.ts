import { dirname } from 'node:path';
import { asFileWriteError, makeFolder } from '@fin/files';
import { writeSafetensors } from '@fin/files/safetensors';
import type { Module } from '@fin/runtime';

/** What {@link saveWeights} writes. */
export interface SaveWeightsOptions {
  /** Leaves out parameters that are not trained. @default false */
  readonly trainableOnly?: boolean;
  /** Free text for the file's header. @default format: pt, which transformers asks for */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes a module's parameters to a safetensors file, float32, by their own names. Atomic; one tensor at a time is in memory.
 *
 * @throws {FileWriteError} when the file cannot be written
 */
export async function saveWeights(
  module: Module,
  file: string,
  options: SaveWeightsOptions = {},
): Promise<void> {
  const { trainableOnly = false, metadata = { format: 'pt' } } = options;
  const parameters = [...module.namedParameters()].filter(([, { trainable }]) => trainable || !trainableOnly);
  const tensors = new Map(
    parameters.map(([name, variable]) => [
      name,
      {
        dtype: 'F32',
        shape: variable.shape,
        data: async () => (await variable.data()) as Float32Array,
      } as const,
    ]),
  );
  try {
    await makeFolder(dirname(file));
    await writeSafetensors(file, tensors, metadata);
  } catch (error) {
    throw asFileWriteError(file, error);
  }
}
