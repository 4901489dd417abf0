import { join } from 'node:path';
import { writeFileAtomically, writeFolderAtomically } from '@fin/files';
import { writeSafetensors } from '@fin/files/safetensors';
import { configToJson } from '../config/config-json.js';
import type { BertForSequenceClassification } from '../encoder/bert-for-sequence-classification.js';
import { BertInputError } from '../errors.js';
import { LinearLayer } from '../layers/layers.js';
import type { BertTokenizer } from '../tokenizer/bert-tokenizer.js';
import { fitsEmbedding } from '../tokenizer/vocabulary.js';
import type { WeightDtype } from './weight-dtype.js';
import { TORCH_NAMES, toWeightDtype } from './weight-dtype.js';

/** Settings of {@link saveBert}. */
export interface SaveBertOptions {
  /** Type of the stored weights. 16-bit types halve the file and round the weights. @default 'F32' */
  readonly dtype?: WeightDtype;
}

/**
 * Writes a model and its tokenizer to a folder that transformers' `from_pretrained`, and {@link loadBert}, read:
 * `config.json`, `model.safetensors`, `vocab.txt`, `tokenizer_config.json`. The folder is created atomically; one tensor at a
 * time is in memory.
 *
 * @param dir a folder that does not exist or is empty
 * @throws BertInputError when the folder is not empty, the vocabulary is not the model's, or an adapter is attached
 */
export async function saveBert(
  model: BertForSequenceClassification,
  tokenizer: BertTokenizer,
  dir: string,
  { dtype = 'F32' }: SaveBertOptions = {},
): Promise<void> {
  if (!fitsEmbedding(tokenizer.vocabSize, model.config.vocabSize)) {
    throw new BertInputError(
      `the tokenizer has ${tokenizer.vocabSize} words and the model's embedding ${model.config.vocabSize} rows: they do not belong together`,
    );
  }
  refuseAdapters(model);
  const tensors = [...model.namedParameters()].map(([name, variable]) => {
    const data = async () => toWeightDtype((await variable.data()) as Float32Array, dtype);
    return [name, { dtype, shape: variable.shape, data }] as const;
  });
  const config = {
    ...configToJson(model.config, 'BertForSequenceClassification'),
    torch_dtype: TORCH_NAMES[dtype],
  };
  const texts = { 'config.json': `${JSON.stringify(config, null, 2)}\n`, ...tokenizer.files() };
  await writeFolderAtomically(dir, async (folder) => {
    for (const [name, text] of Object.entries(texts)) {
      await writeFileAtomically(join(folder, name), text);
    }
    await writeSafetensors(join(folder, 'model.safetensors'), new Map(tensors), { format: 'pt' });
  });
}

/** Refuses a model with adapters: saved without them, it would compute other results. */
function refuseAdapters(model: BertForSequenceClassification): void {
  for (const [path, part] of model.namedParts()) {
    if (part instanceof LinearLayer && part.adapter !== null) {
      throw new BertInputError(
        `${path} has an adapter: save it with savePretrained, or call mergeAndUnload first`,
      );
    }
  }
}
