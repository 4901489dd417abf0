import { dirname } from 'node:path';
import { asFileWriteError, makeFolder } from '@fin/files';
import type { SafetensorsFile } from '@fin/files/safetensors';
import { openSafetensors, toFloat32, writeSafetensors } from '@fin/files/safetensors';
import type { Module } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { TrainInputError } from './errors.js';

/** Settings of {@link saveWeights}. */
export interface SaveWeightsOptions {
  /** Leaves out parameters that are not trainable. @default false */
  readonly trainableOnly?: boolean;
  /** Text entries of the file's header. @default format: pt, which transformers requires */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes a module's parameters to a safetensors file in float32, under their own names. Atomic; holds one tensor at a time in memory.
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

/** Settings of {@link loadWeights}. Shapes must always match. */
export interface LoadWeightsOptions {
  /** Whether the file may lack parameters; these keep their values. @default false */
  readonly allowMissing?: boolean;
  /** Whether the file may hold tensors that the module does not have. @default false */
  readonly allowUnexpected?: boolean;
}

/** Differences that {@link loadWeights} allowed. */
export interface LoadedWeights {
  /** Parameters that the file lacks. */
  readonly missing: readonly string[];
  /** Tensors of the file that the module does not have. */
  readonly unexpected: readonly string[];
}

/**
 * Reads a module's parameters from a safetensors file; other float dtypes become float32. Checks all names and shapes before it changes
 * anything.
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
  try {
    variable.assign(value);
  } finally {
    value.dispose();
  }
}

/** Names per kind that a message lists before it only counts. */
const LISTED = 5;

/** The tensors of a file are not the parameters of the module. */
export class WeightsMismatchError extends TrainInputError {
  readonly file: string;
  /** Required parameters that the file lacks. */
  readonly missing: readonly string[];
  /** Tensors of the file that the module does not have. */
  readonly unexpected: readonly string[];
  /** One clause per parameter with another shape. */
  readonly wrongShapes: readonly string[];

  constructor(
    file: string,
    missing: readonly string[],
    unexpected: readonly string[],
    wrongShapes: readonly string[],
  ) {
    const problems = [
      ...list('it lacks', missing),
      ...list('the model has no', unexpected),
      ...list('of another shape:', wrongShapes),
    ];
    super(`${file} does not fit this model: ${problems.join('; ')}. Nothing was loaded`);
    this.file = file;
    this.missing = missing;
    this.unexpected = unexpected;
    this.wrongShapes = wrongShapes;
  }
}

function list(problem: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const rest = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  return [`${problem} ${names.slice(0, LISTED).join(', ')}${rest}`];
}
