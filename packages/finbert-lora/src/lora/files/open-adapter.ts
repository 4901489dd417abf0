import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkpoint } from '../../checkpoint/checkpoint.js';
import { openSafetensorsCheckpoint } from '../../checkpoint/open-safetensors-checkpoint.js';
import { openTorchCheckpoint } from '../../checkpoint/torch/open-torch-checkpoint.js';

/** Opens the weights of an adapter: `adapter_model.safetensors`, or `adapter_model.bin` as older versions of PEFT wrote. */
export function openAdapter(dir: string): Promise<Checkpoint> {
  const file = join(dir, 'adapter_model.safetensors');
  const old = join(dir, 'adapter_model.bin');
  return !existsSync(file) && existsSync(old) ? openTorchCheckpoint(old) : openSafetensorsCheckpoint(file);
}
