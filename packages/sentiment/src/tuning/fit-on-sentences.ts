import type { LabelledSentence, Split } from '@fin/data';
import { splitNames } from '@fin/data';
import type { FitResult } from '@fin/train';
import { classWeights } from './class-weights.js';
import type { ClassificationReport } from './classification-report.js';
import { evaluateClassifier } from './evaluate-classifier.js';
import type { ClassifierFit } from './fit-classifier.js';
import { fitClassifier } from './fit-classifier.js';
import { sentenceSet } from './sentence-set.js';
import type { TunableModel } from './tunable-model.js';

/** Options of {@link fitOnSentences}. */
export type FitOnSentencesOptions = Omit<ClassifierFit, 'train' | 'validation' | 'weights'>;

/** A classifier that was trained on sentences. */
export interface FittedClassifier {
  readonly fitted: FitResult;
  /** Number of tokens in the training sentences, special tokens included. */
  readonly trainTokens: number;
  /** Scores the classifier on the test sentences. */
  test(signal?: AbortSignal): Promise<ClassificationReport>;
}

/**
 * Trains a classifier on the sentences of a split, without a run folder. `validation` decides which epoch's weights are kept, `test`
 * influences nothing.
 *
 * @param model from `openTunableModel`
 */
export async function fitOnSentences(
  model: TunableModel,
  split: Split<LabelledSentence>,
  options: FitOnSentencesOptions,
): Promise<FittedClassifier> {
  const { labels, columns, tokenizer } = model;
  const { maxLength, classWeights: weighted } = options.settings;
  const [train, validation, test] = splitNames.map((name) =>
    sentenceSet(split[name], tokenizer, { maxLength, columns }),
  );
  const weights = weighted ? classWeights(train.labels, labels.length) : labels.map(() => 1);
  const fitted = await fitClassifier(model, { ...options, train, validation, weights });
  return {
    fitted,
    trainTokens: train.sequences.reduce((sum, { length }) => sum + length, 0),
    test: async (signal) => (await evaluateClassifier(model, test, { labels, weights, signal })).report,
  };
}
