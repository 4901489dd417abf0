import { join } from 'node:path';
import type { BertForSequenceClassification } from '@fin/finbert-lora';
import { BertInputError } from '@fin/finbert-lora';
import type { BertTokenizer } from '@fin/finbert-lora/tokenizer';
import { randomStreams } from '@fin/runtime';
import { loadMergedBert, requireBase } from './load-merged-bert.js';
import { readSentimentAdapter } from './sentiment-adapter.js';
import { sentimentColumns } from './sentiment-columns.js';

/** A classifier that is ready to score. */
export interface SentimentModel {
  readonly model: BertForSequenceClassification;
  readonly tokenizer: BertTokenizer;
  /** Index of the logit for each of `sentimentLabels`. */
  readonly columns: readonly number[];
  /** sha256 of the configuration and all weights. */
  readonly fingerprint: string;
}

/** Settings of {@link loadSentimentModel}. */
export interface LoadSentimentModelOptions {
  /** For an adapter: folder of its base model. @default the base model's folder at the time of training */
  readonly base?: string;
}

/**
 * Loads a model whose head was trained for sentiment: a whole model, or an adapter, which is merged into its base model.
 *
 * @throws BertInputError when the head is missing, the classes are not positive, negative and neutral, or an adapter was trained
 *   on another base model; else as `loadBert`
 */
export async function loadSentimentModel(
  dir: string,
  { base }: LoadSentimentModelOptions = {},
): Promise<SentimentModel> {
  const { model, tokenizer, newWeights, fingerprint } = await loadMergedBert(dir, { base, init: unused() });
  try {
    if (newWeights.length > 0) {
      throw new BertInputError(
        `the model has no trained classifier (it lacks ${newWeights.join(', ')}), so it cannot tell sentiment: fine-tune it first`,
        { file: dir },
      );
    }
    const columns = sentimentColumns(model.config.id2label, join(dir, 'config.json'));
    return { model, tokenizer, columns, fingerprint };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/**
 * Reads the classes of an adapter's head from its record. Undefined without a record; the base model's classes apply then.
 *
 * @throws BertInputError when `base` is not the model that the adapter was trained on
 */
export async function adapterLabels(dir: string, base: string): Promise<readonly string[] | undefined> {
  const record = readSentimentAdapter(dir);
  if (record !== null) await requireBase(dir, record, base);
  return record?.labels;
}

/** Random weights for a head; the checkpoint replaces them, or the model is refused. */
const unused = () => randomStreams(0).stream('init');
