import type { InferencePrecision } from '@fin/amp';
import type { LabelledSentence } from '@fin/data';
import { sentimentLabels } from '@fin/data';
import { openClassifier } from '../scoring/open-classifier.js';
import type { ClassificationReport } from './classification-report.js';
import { evaluateClassifier } from './evaluate-classifier.js';
import { sentenceSet } from './sentence-set.js';

/** Tokens of a sentence that are read, as in fine-tuning. */
const MAX_LENGTH = 128;

/** Settings of {@link evaluateSentiment}. */
export interface EvaluateSentimentOptions {
  /** For an adapter: folder of its base model. @default its folder when the adapter was trained */
  readonly base?: string;
  /** Number format for compute and weights. @default 'fp32' */
  readonly precision?: InferencePrecision;
  /** Stops between two forward passes. The error is the signal's reason. */
  readonly signal?: AbortSignal;
}

/** Scores of a sentiment model on labelled sentences. */
export interface SentimentEvaluation {
  /** Scores by class, in the order of `sentimentLabels`. */
  readonly report: ClassificationReport;
  /** Class that each of the model's own class names was read as. */
  readonly mapping: Readonly<Record<string, string>>;
  /** Memory of the model's weights as they are stored in the precision. */
  readonly weightBytes: number;
}

/**
 * Measures a sentiment model on labelled sentences, without training. Call `loadTensorFlow` first.
 *
 * @param dir folder of a whole model, or of an adapter that `tuneSentiment` wrote
 * @throws BertInputError as `FinBert.load`
 */
export async function evaluateSentiment(
  dir: string,
  sentences: readonly LabelledSentence[],
  { base, precision, signal }: EvaluateSentimentOptions = {},
): Promise<SentimentEvaluation> {
  const { classifier, tokenizer, columns, labels, maxLength, weightBytes, dispose } = await openClassifier(
    dir,
    {
      base,
      precision,
    },
  );
  try {
    const set = sentenceSet(sentences, tokenizer, { maxLength: Math.min(MAX_LENGTH, maxLength), columns });
    const names = labels.map((_, column) => sentimentLabels[columns.indexOf(column)]);
    const { report } = await evaluateClassifier(classifier, set, {
      labels: names,
      weights: names.map(() => 1),
      signal,
    });
    return {
      report: inOrder(report, columns),
      weightBytes,
      mapping: Object.fromEntries(labels.map((label, column) => [label, names[column]])),
    };
  } finally {
    dispose();
  }
}

/** The report with its classes in the order of `sentimentLabels`. @param columns index of the logit for each of them */
function inOrder(report: ClassificationReport, columns: readonly number[]): ClassificationReport {
  return {
    ...report,
    classes: columns.map((column) => report.classes[column]),
    confusion: columns.map((actual) => columns.map((predicted) => report.confusion[actual][predicted])),
  };
}
