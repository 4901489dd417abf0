import type { TextClassifier } from '../scoring/score-texts.js';
import { scoreTexts } from '../scoring/score-texts.js';
import type { ClassificationReport } from './classification-report.js';
import { classificationReport } from './classification-report.js';
import type { SentenceSet } from './sentence-set.js';

/** Maximum tokens per forward pass. */
const TOKENS_PER_BATCH = 2048;

/** Lower limit of probabilities in the logarithm, since a float32 softmax can round to 0. */
const SMALLEST = 1e-30;

/** Loss and scores of a classifier on labelled sentences. */
export interface ClassifierEvaluation {
  /** Cross-entropy, weighted as in training. */
  readonly loss: number;
  readonly report: ClassificationReport;
}

/**
 * Evaluates a classifier, without dropout.
 *
 * @param labels names of the classes, in the order of the logits
 * @param weights weight of each class in the loss
 */
export async function evaluateClassifier(
  model: TextClassifier,
  { sequences, labels: actual }: SentenceSet,
  {
    labels,
    weights,
    signal,
  }: {
    readonly labels: readonly string[];
    readonly weights: readonly number[];
    readonly signal?: AbortSignal;
  },
): Promise<ClassifierEvaluation> {
  const predicted = new Int32Array(sequences.length);
  const columns = [...labels.keys()];
  let loss = 0;
  let total = 0;
  for await (const { indices, scores } of scoreTexts(model, sequences, {
    tokensPerBatch: TOKENS_PER_BATCH,
    columns,
    signal,
  })) {
    indices.forEach((index, row) => {
      const probabilities = scores[row];
      const weight = weights[actual[index]];
      predicted[index] = probabilities.indexOf(Math.max(...probabilities));
      loss -= weight * Math.log(Math.max(probabilities[actual[index]], SMALLEST));
      total += weight;
    });
  }
  return { loss: loss / total, report: classificationReport(actual, predicted, labels) };
}
