import { emptyStream } from '../../model/empty-stream.js';
import { readLoraConfig } from '../config/read-lora-config.js';
import { freshMatrices } from '../layer/fresh-weights.js';
import { adapterTensors } from '../model/named-parameters.js';
import type { PeftModel } from '../peft-model.js';
import { planAdapter } from '../targets/plan-adapter.js';
import { fillAdapter } from './fill-adapter.js';
import { openAdapter } from './open-adapter.js';

/**
 * Adds an adapter from a folder that PEFT, or {@link saveAdapter}, wrote. It is frozen and not put to work: `setAdapter` does
 * that. Half-precision weights are widened to float32. Biases that it trained are the base model's from here on, as in PEFT.
 *
 * @param adapterName name it gets here, whatever it had
 * @throws BertInputError when it does not fit the model or the other adapters, or is of a kind that is not supported;
 * CheckpointError, SafetensorsError when a file is damaged; the model is as it was then
 */
export async function loadAdapter(peft: PeftModel, dir: string, adapterName: string): Promise<void> {
  const plan = planAdapter(peft.model, readLoraConfig(dir));
  const checkpoint = await openAdapter(dir);
  try {
    peft.adapted.add(adapterName, plan, freshMatrices(true, emptyStream));
    try {
      await fillAdapter(adapterTensors(peft.adapted, adapterName), checkpoint);
    } catch (error) {
      peft.adapted.remove(adapterName);
      throw error;
    }
  } finally {
    await checkpoint.close();
  }
}
