import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@fin/files';
import { writeSafetensors } from '@fin/files/safetensors';
import * as tf from '@tensorflow/tfjs-core';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { openSafetensorsCheckpoint } from '../checkpoint/open-checkpoint.js';
import { openTorchCheckpoint } from '../checkpoint/torch/open-torch-checkpoint.js';
import { emptyStream } from '../empty-stream.js';
import { BertInputError } from '../errors.js';
import type { AdaptedModel } from './adapted-model.js';
import { adapterShapes } from './adapted-model.js';
import { loraConfigToJson, readLoraConfig } from './adapter-config.js';
import { freshMatrices } from './lora-weights.js';
import { planAdapter } from './plan-adapter.js';

/**
 * Matches duplicate tensors: with `bias: all`, PEFT writes the biases of modules trained in full a second time, and also the
 * biases of the original modules.
 */
const REPEATED = /\.(original_module|modules_to_save)\..*bias$/;

/** Maximum number of problems listed in one message. */
const MAX_SHOWN = 3;

/** Writes one adapter, see `PeftModel.savePretrained`. */
export async function writeAdapter(adapted: AdaptedModel, dir: string, adapterName: string): Promise<void> {
  const config = loraConfigToJson(adapted.config(adapterName));
  const tensors = [...adapted.adapterTensors(adapterName)].map(([name, variable]) => {
    const data = async () => (await variable.data()) as Float32Array;
    return [name, { dtype: 'F32', shape: variable.shape, data }] as const;
  });
  await orInputError(dir, () => mkdir(dir, { recursive: true }));
  await writeSafetensors(join(dir, 'adapter_model.safetensors'), new Map(tensors), { format: 'pt' });
  const file = join(dir, 'adapter_config.json');
  const text = Buffer.from(`${JSON.stringify(config, null, 2)}\n`);
  await orInputError(file, () => writeFileAtomically(file, text));
}

async function orInputError(file: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (cause) {
    throw new BertInputError(`cannot be written (${(cause as Error).message})`, { file, cause });
  }
}

/** Reads one adapter, see `PeftModel.loadAdapter`. The file is checked before anything is allocated. */
export async function readAdapter(adapted: AdaptedModel, dir: string, adapterName: string): Promise<void> {
  const plan = planAdapter(adapted.model, readLoraConfig(dir));
  adapted.checkAddition(adapterName, plan);
  const checkpoint = await openAdapter(dir);
  try {
    const stored = matchAdapter(adapterShapes(adapted.model, plan), checkpoint);
    adapted.add(adapterName, plan, freshMatrices(true, emptyStream));
    try {
      await fillAdapter(adapted.adapterTensors(adapterName), stored, checkpoint);
    } catch (error) {
      adapted.remove(adapterName);
      throw error;
    }
  } finally {
    await checkpoint.close();
  }
}

/** Opens an adapter's weights: `adapter_model.safetensors`, else the `adapter_model.bin` of older versions of PEFT. */
export function openAdapter(dir: string): Promise<Checkpoint> {
  const file = join(dir, 'adapter_model.safetensors');
  const old = join(dir, 'adapter_model.bin');
  return !existsSync(file) && existsSync(old) ? openTorchCheckpoint(old) : openSafetensorsCheckpoint(file);
}

/**
 * Finds the stored name of each tensor.
 *
 * @throws BertInputError naming missing and unexpected tensors, and tensors of another shape
 */
function matchAdapter(
  expected: ReadonlyMap<string, readonly number[]>,
  checkpoint: Checkpoint,
): Map<string, string> {
  const names = new Map(checkpoint.names().map((name) => [plainName(name, expected), name]));
  const faults = [
    ...[...expected.keys()].filter((name) => !names.has(name)).map((name) => `${name} is missing`),
    ...[...names.keys()]
      .filter((name) => !expected.has(name) && !REPEATED.test(name))
      .map((name) => `${JSON.stringify(name)} has no place in the model`),
    ...[...expected].flatMap(([name, shape]) => {
      const stored = names.get(name);
      const found = stored === undefined ? shape : checkpoint.info(stored).shape;
      const same = found.length === shape.length && found.every((size, i) => size === shape[i]);
      return same ? [] : [`${name} is [${found.join(', ')}] there and [${shape.join(', ')}] in the model`];
    }),
  ];
  if (faults.length === 0) return names;
  const shown = faults.slice(0, MAX_SHOWN).join('; ');
  const more = faults.length > MAX_SHOWN ? `; and ${faults.length - MAX_SHOWN} more` : '';
  throw new BertInputError(`does not fit the model and adapter_config.json: ${shown}${more}`, {
    file: checkpoint.files[0] ?? null,
  });
}

/**
 * Removes the adapter's name from a stored name (`lora_A.default.weight`). Only state dicts that were saved without PEFT's own
 * function have it.
 */
function plainName(name: string, expected: ReadonlyMap<string, unknown>): string {
  if (expected.has(name)) return name;
  const plain = name
    .replace(/\.(lora_[AB])\.[\w-]+\.weight$/, '.$1.weight')
    .replace(/\.lora_magnitude_vector\.[\w-]+\.weight$/, '.lora_magnitude_vector');
  return expected.has(plain) ? plain : name;
}

async function fillAdapter(
  variables: ReadonlyMap<string, tf.Variable>,
  stored: ReadonlyMap<string, string>,
  checkpoint: Checkpoint,
): Promise<void> {
  const values: [tf.Variable, Float32Array][] = [];
  for (const [name, variable] of variables) {
    values.push([variable, await checkpoint.readFloat32(stored.get(name)!)]);
  }
  for (const [variable, value] of values) {
    tf.tidy(() => variable.assign(tf.tensor(value, variable.shape, 'float32')));
  }
}
