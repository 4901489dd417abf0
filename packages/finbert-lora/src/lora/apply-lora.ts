import type { RandomStream } from '@fin/runtime';
import type { LoraConfig } from './config/lora-config.js';
import type { AdaptableModel } from './peft-model.js';
import { PeftModel } from './peft-model.js';

/** Settings of {@link applyLora}. */
export interface ApplyLoraOptions {
  /** Where the adapter's weights are drawn from. */
  readonly init: RandomStream;
  /** @default 'default' */
  readonly adapterName?: string;
}

/**
 * Freezes a model and puts a fresh LoRA adapter on it, as PEFT's `get_peft_model`. The model is changed in place.
 *
 * @param settings what is left out is PEFT's default
 * @throws BertInputError when the settings fit nothing in the model; it is as it was then
 * @example
 * const model = new BertForSequenceClassification(config, { init: randomStreams(1).stream('init') });
 * const peft = applyLora(model, { r: 8, loraAlpha: 16 }, { init: randomStreams(1).stream('lora') });
 * peft.printTrainableParameters();
 * const logits = peft.forward(tokenizer.encodeBatch(['Stocks rally']));
 */
export function applyLora<M extends AdaptableModel>(
  model: M,
  settings: Partial<LoraConfig>,
  { init, adapterName = 'default' }: ApplyLoraOptions,
): PeftModel<M> {
  const peft = new PeftModel(model);
  peft.addAdapter(adapterName, settings, { init });
  peft.setAdapter(adapterName);
  return peft;
}
