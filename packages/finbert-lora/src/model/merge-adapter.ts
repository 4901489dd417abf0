import { requireEmptyFolder } from '@fin/files';
import type { RandomStream } from '@fin/runtime';
import { emptyStream } from '../empty-stream.js';
import { BertInputError } from '../errors.js';
import { PeftModel } from '../lora/peft-model.js';
import { loadBert } from './load-bert.js';
import { saveBert } from './save-bert.js';
import type { WeightDtype } from './weight-dtype.js';

/** Settings of {@link mergeAdapter}. */
export interface MergeAdapterOptions {
  /** Folder of the model that the adapter was trained on. */
  readonly base: string;
  /** Folder to write; it must not exist or be empty. */
  readonly out: string;
  /** Classes of the adapter's head, in the order of the logits. @default `id2label` of the base model */
  readonly labels?: readonly string[];
  /** Type of the stored weights. @default 'F32' */
  readonly dtype?: WeightDtype;
}

/** Result of {@link mergeAdapter}. */
export interface MergedModel {
  /** The new folder. */
  readonly dir: string;
  readonly labels: readonly string[];
  /** Number of weights. */
  readonly parameters: number;
}

/**
 * Merges a LoRA adapter into its base model and saves the result as a whole model, which transformers and `loadBert` load:
 * PEFT's `merge_and_unload` followed by `save_pretrained`. The folder is written atomically; the inputs stay as they are.
 *
 * @param adapter folder that PEFT or `PeftModel.savePretrained` wrote
 * @throws BertInputError when the adapter does not fit the base model, neither has a trained classifier, or `out` is not empty
 */
export async function mergeAdapter(
  adapter: string,
  { base, out, labels, dtype }: MergeAdapterOptions,
): Promise<MergedModel> {
  await requireEmptyFolder(out);
  const init: RandomStream = emptyStream; // new weights come from the adapter, or are refused below
  const { model, tokenizer, newWeights } = await loadBert(base, { init, labels });
  try {
    const peft = await PeftModel.fromPretrained(model, adapter);
    const trained = peft.adapterParameters('default');
    const untrained = newWeights.filter((name) => !trained.has(`base_model.model.${name}`));
    if (untrained.length > 0) {
      throw new BertInputError(
        `neither the adapter nor its base model ${base} has ${untrained.join(', ')}: the merged model could not classify`,
        { file: adapter },
      );
    }
    peft.mergeAndUnload({ safeMerge: true });
    await saveBert(model, tokenizer, out, { dtype });
    const parameters = [...model.namedParameters().values()].reduce((sum, { size }) => sum + size, 0);
    return { dir: out, labels: model.config.id2label, parameters };
  } finally {
    model.dispose();
  }
}
