import type { AdaptableModel } from '../peft-model.js';
import { PeftModel } from '../peft-model.js';
import { loadAdapter } from './load-adapter.js';

/** Settings of {@link loadPeftModel}. */
export interface LoadPeftModelOptions {
  /** @default 'default' */
  readonly adapterName?: string;
  /** Train the adapter further. @default false */
  readonly isTrainable?: boolean;
}

/**
 * Freezes a model and puts a trained adapter on it, as PEFT's `PeftModel.from_pretrained`. The model is changed in place.
 *
 * @param model the base model that the adapter was trained on
 * @param dir folder with `adapter_config.json` and `adapter_model.safetensors`
 * @throws as {@link loadAdapter}
 * @example
 * const { model } = await loadBert('all-MiniLM-L6-v2', { init: randomStreams(1).stream('init'), labels });
 * const peft = await loadPeftModel(model, 'runs/phrasebank/adapter');
 */
export async function loadPeftModel<M extends AdaptableModel>(
  model: M,
  dir: string,
  { adapterName = 'default', isTrainable = false }: LoadPeftModelOptions = {},
): Promise<PeftModel<M>> {
  const peft = new PeftModel(model);
  await loadAdapter(peft, dir, adapterName);
  peft.setAdapter(adapterName, { inferenceMode: !isTrainable });
  return peft;
}
