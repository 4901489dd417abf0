import type { SafetensorsFile } from '@fin/files/safetensors';
import { openSafetensors, toFloat32 } from '@fin/files/safetensors';
import type { Module } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { WeightsMismatchError } from './mismatch-error.js';

/** How strict {@link loadWeights} is. Shapes must fit always. */
export interface LoadWeightsOptions {
  /** Whether parameters may be missing in the file, which keep their values then. @default false */
  readonly allowMissing?: boolean;
  /** Whether the file may hold tensors that the module has no parameter for. @default false */
  readonly allowUnexpected?: boolean;
}

/** What {@link loadWeights} did not load. */
export interface LoadedWeights {
  /** Parameters that the file does not hold. */
  readonly missing: readonly string[];
  /** Tensors of the file that the module does not have. */
  readonly unexpected: readonly string[];
}

/**
 * Reads a module's parameters from a safetensors file, converting other float types to float32. Names and shapes are compared
 * before anything is changed.
 *
 * @throws {WeightsMismatchError} naming every difference
 * @throws {SafetensorsError} when the file cannot be read or is damaged
 */
export async function loadWeights(
  module: Module,
  file: string,
  options: LoadWeightsOptions = {},
): Promise<LoadedWeights> {
  const source = await openSafetensors(file);
  try {
    const parameters = module.namedParameters();
    const loaded = compare(parameters, source, options, file);
    for (const name of source.names()) {
      const variable = parameters.get(name);
      if (variable) assign(variable, toFloat32(await source.read(name)));
    }
    return loaded;
  } finally {
    await source.close();
  }
}

function compare(
  parameters: ReadonlyMap<string, tf.Variable>,
  source: SafetensorsFile,
  { allowMissing = false, allowUnexpected = false }: LoadWeightsOptions,
  file: string,
): LoadedWeights {
  const names = new Set(source.names());
  const missing = [...parameters.keys()].filter((name) => !names.has(name));
  const unexpected = [...names].filter((name) => !parameters.has(name));
  const wrongShapes = [...parameters].flatMap(([name, { shape }]) => {
    const found = names.has(name) ? source.info(name).shape : shape;
    return tf.util.arraysEqual([...found], shape) ? [] : [`${name} is [${found}], not [${shape}]`];
  });
  if (
    wrongShapes.length > 0 ||
    (missing.length > 0 && !allowMissing) ||
    (unexpected.length > 0 && !allowUnexpected)
  ) {
    throw new WeightsMismatchError(
      file,
      allowMissing ? [] : missing,
      allowUnexpected ? [] : unexpected,
      wrongShapes,
    );
  }
  return { missing, unexpected };
}

function assign(variable: tf.Variable, values: Float32Array): void {
  const value = tf.tensor(values, variable.shape, 'float32');
  variable.assign(value);
  value.dispose();
}
