import type { InferencePrecision } from '@fin/amp';
import { loadBert } from '@fin/finbert-lora';
import { PeftModel } from '@fin/finbert-lora/lora';
import type { BertTokenizer } from '@fin/finbert-lora/tokenizer';
import type { Module } from '@fin/runtime';
import { randomStreams, storedBytes } from '@fin/runtime';
import { loadSentimentModel } from './load-sentiment-model.js';
import { lowerForInference } from './lower-for-inference.js';
import type { TextClassifier } from './score-texts.js';
import { isAdapterFolder, readSentimentAdapter } from './sentiment-adapter.js';
import { sentimentColumns } from './sentiment-columns.js';

/** Settings of {@link openClassifier}. */
export interface OpenClassifierOptions {
  /** Number format for compute and weights; `int8` quantizes linear layers dynamically. @default 'fp32' */
  readonly precision?: InferencePrecision;
  /** For an adapter that is merged: folder of its base model. @default its folder when the adapter was trained */
  readonly base?: string;
  /** Whether to merge an adapter into the weights, which is faster. @default true */
  readonly merge?: boolean;
}

/** A sentiment model that is ready to classify, without a cache. */
export interface OpenedClassifier {
  readonly classifier: TextClassifier;
  readonly tokenizer: BertTokenizer;
  /** Index of the logit for each of `sentimentLabels`. */
  readonly columns: readonly number[];
  /** The model's own names of its classes, in the order of the logits. */
  readonly labels: readonly string[];
  /** Longest sequence of the model, in tokens. */
  readonly maxLength: number;
  /** Memory of the weights as they are stored. */
  readonly weightBytes: number;
  dispose(): void;
}

/**
 * Loads a fine-tuned model for `scoreTexts`. `FinBert` does the same and caches scores.
 *
 * @param dir folder of a whole model, or of an adapter that `tuneSentiment` wrote
 * @throws BertInputError as `FinBert.load`
 */
export async function openClassifier(
  dir: string,
  { precision = 'fp32', base, merge = true }: OpenClassifierOptions = {},
): Promise<OpenedClassifier> {
  const record = !merge && isAdapterFolder(dir) ? readSentimentAdapter(dir) : null;
  if (record === null) {
    const { model, tokenizer, columns } = await loadSentimentModel(dir, { base });
    const classifier = lowerForInference(model, precision);
    return {
      classifier,
      weightBytes: weightBytesOf(model),
      tokenizer,
      columns,
      labels: model.config.id2label,
      maxLength: model.config.maxPositionEmbeddings,
      dispose: () => model.dispose(),
    };
  }
  const { base: baseDir, labels } = record;
  const { model, tokenizer } = await loadBert(baseDir, { init: randomStreams(0).stream('init'), labels });
  try {
    const peft = await PeftModel.fromPretrained(model, dir);
    const classifier = lowerForInference(peft, precision);
    return {
      classifier,
      weightBytes: weightBytesOf(peft),
      tokenizer,
      columns: sentimentColumns(labels, dir),
      labels,
      maxLength: model.config.maxPositionEmbeddings,
      dispose: () => peft.dispose(),
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

const weightBytesOf = (model: Module): number =>
  [...model.namedParameters().values()].reduce((sum, one) => sum + storedBytes(one), 0);
