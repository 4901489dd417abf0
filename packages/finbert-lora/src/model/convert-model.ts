import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openRegularFile, requireEmptyFolder, writeFileAtomically, writeFolderAtomically } from '@fin/files';
import type { TensorToWrite } from '@fin/files/safetensors';
import { writeSafetensors } from '@fin/files/safetensors';
import type { Checkpoint } from '../checkpoint/checkpoint.js';
import { openCheckpoint } from '../checkpoint/open-checkpoint.js';
import { parseConfig } from '../config/config-json.js';
import { readJsonFile } from '../read-text-file.js';
import type { WeightDtype } from './weight-dtype.js';
import { isFloatDtype, TORCH_NAMES, toWeightDtype } from './weight-dtype.js';

/** Files of a model besides its configuration and weights. They are copied unchanged. */
const COMPANIONS =
  /^(vocab\.txt|tokenizer\.json|tokenizer_config\.json|special_tokens_map\.json|added_tokens\.json|README\.md|LICENSE.*)$/;

/** Settings of {@link convertModel}. */
export interface ConvertModelOptions {
  /** Type of the weights in the new file. @default the type of each tensor */
  readonly dtype?: WeightDtype;
}

/** Result of {@link convertModel}. */
export interface ConvertedModel {
  /** Format of the original checkpoint. */
  readonly from: Checkpoint['format'];
  /** The new folder. */
  readonly dir: string;
  readonly tensors: number;
  /** Length of all tensors in bytes. */
  readonly bytes: number;
}

/**
 * Converts a model of any supported format to one `model.safetensors`. Writes it with configuration and tokenizer to a new
 * folder. Names stay the same, and types too unless `dtype` is set. Holds one tensor at a time in memory. The folder is created
 * atomically. Needs no TensorFlow.
 *
 * @param out a folder that does not exist or is empty
 * @throws BertInputError when `out` is not empty, or `dir` is not the folder of a BERT; CheckpointError, SafetensorsError
 */
export async function convertModel(
  dir: string,
  out: string,
  { dtype }: ConvertModelOptions = {},
): Promise<ConvertedModel> {
  const configFile = join(dir, 'config.json');
  const config = readJsonFile(configFile);
  parseConfig(config, configFile);
  await requireEmptyFolder(out);
  const checkpoint = await openCheckpoint(dir);
  try {
    const tensors = new Map(
      checkpoint.names().map((name) => [name, tensorToWrite(checkpoint, name, dtype)] as const),
    );
    await writeFolderAtomically(out, async (folder) => {
      for (const name of await readdir(dir)) {
        if (COMPANIONS.test(name)) await copyRegularFile(join(dir, name), join(folder, name));
      }
      const { dtype: _, ...rest } = config; // transformers 5 writes `dtype` where 4 wrote `torch_dtype`, and reads both
      const json = dtype === undefined ? config : { ...rest, torch_dtype: TORCH_NAMES[dtype] };
      await writeFileAtomically(join(folder, 'config.json'), `${JSON.stringify(json, null, 2)}\n`);
      await writeSafetensors(join(folder, 'model.safetensors'), tensors, { format: 'pt' });
    });
    const bytes = [...tensors].reduce((sum, [name, tensor]) => sum + bytesOf(checkpoint, name, tensor), 0);
    return { from: checkpoint.format, dir: out, tensors: tensors.size, bytes };
  } finally {
    await checkpoint.close();
  }
}

async function copyRegularFile(from: string, to: string): Promise<void> {
  const handle = await openRegularFile(from);
  try {
    await writeFile(to, handle.createReadStream({ autoClose: false }));
  } finally {
    await handle.close();
  }
}

function tensorToWrite(checkpoint: Checkpoint, name: string, dtype: WeightDtype | undefined): TensorToWrite {
  const info = checkpoint.info(name);
  if (dtype === undefined || dtype === info.dtype || !isFloatDtype(info.dtype)) {
    return { dtype: info.dtype, shape: info.shape, data: async () => (await checkpoint.read(name)).data };
  }
  const data = async () => toWeightDtype(await checkpoint.readFloat32(name), dtype);
  return { dtype, shape: info.shape, data };
}

function bytesOf(checkpoint: Checkpoint, name: string, { dtype, shape }: TensorToWrite): number {
  const info = checkpoint.info(name);
  if (dtype === info.dtype) return info.bytes;
  return shape.reduce((size, axis) => size * axis, 1) * (dtype === 'F32' ? 4 : 2);
}
