import { join } from 'node:path';
import { randomStreams } from '@fin/runtime';
import { openCheckpoint } from '../checkpoint/open-checkpoint.js';
import type { BertForSequenceClassification } from '../encoder/bert-for-sequence-classification.js';
import { BertInputError } from '../errors.js';
import { loadBert } from '../model/load-bert.js';
import type { BertTokenizer } from '../tokenizer/bert-tokenizer.js';
import { modelFingerprint } from './model-fingerprint.js';
import { sentimentColumns } from './sentiment-columns.js';

/** A classifier that is ready to score. */
export interface SentimentModel {
  readonly model: BertForSequenceClassification;
  readonly tokenizer: BertTokenizer;
  /** Logit of each of `SENTIMENT_LABELS`. */
  readonly columns: readonly number[];
  /** sha256 of the configuration and the weights. */
  readonly fingerprint: string;
}

/**
 * Loads a model whose head was trained for sentiment.
 *
 * @throws BertInputError when its head is missing or its classes are not those of sentiment; otherwise as `loadBert`
 */
export async function loadSentimentModel(dir: string): Promise<SentimentModel> {
  const { model, tokenizer, newWeights } = await loadBert(dir, { init: randomStreams(0).stream('init') });
  try {
    if (newWeights.length > 0) {
      throw new BertInputError(
        `the model has no trained classifier (it lacks ${newWeights.join(', ')}), so it cannot tell sentiment: fine-tune it first`,
        { file: dir },
      );
    }
    const columns = sentimentColumns(model.config.id2label, join(dir, 'config.json'));
    const checkpoint = await openCheckpoint(dir);
    await checkpoint.close();
    const fingerprint = await modelFingerprint(model.config, checkpoint.files);
    return { model, tokenizer, columns, fingerprint };
  } catch (error) {
    model.dispose();
    throw error;
  }
}
