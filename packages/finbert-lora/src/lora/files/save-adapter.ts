import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '@fin/files';
import { writeSafetensors } from '@fin/files/safetensors';
import { BertInputError } from '../../errors.js';
import { loraConfigToJson } from '../config/lora-config-to-json.js';
import type { PeftModel } from '../peft-model.js';

/** Settings of {@link saveAdapter}. */
export interface SaveAdapterOptions {
  /** @default the active one */
  readonly adapterName?: string;
}

/**
 * Writes one adapter into a folder that PEFT's `from_pretrained`, and {@link loadPeftModel}, read: `adapter_model.safetensors`
 * with the adapter's weights, the parts trained whole and trained biases, and `adapter_config.json`. Each file is replaced
 * whole or not at all, the settings last.
 *
 * @param dir made where it is missing
 * @throws BertInputError when there is no such adapter or the folder cannot be written; SafetensorsError
 */
export async function saveAdapter(
  peft: PeftModel,
  dir: string,
  { adapterName = peft.activeAdapter ?? 'default' }: SaveAdapterOptions = {},
): Promise<void> {
  const tensors = [...peft.adapterParameters(adapterName)].map(([name, variable]) => {
    const data = async () => (await variable.data()) as Float32Array;
    return [name, { dtype: 'F32', shape: variable.shape, data }] as const;
  });
  const config = loraConfigToJson(peft.config(adapterName));
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
