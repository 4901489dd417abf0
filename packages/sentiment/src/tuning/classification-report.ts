import { SentimentInputError } from '../errors.js';

/** Scores of one class against all others. */
export interface ClassScores {
  readonly label: string;
  /** Share of the texts predicted as this class that belong to it; 0 when none was predicted. */
  readonly precision: number;
  /** Share of this class's texts that were predicted as it; 0 when there are none. */
  readonly recall: number;
  /** Harmonic mean of precision and recall; 0 when both are 0. */
  readonly f1: number;
  /** Number of texts of this class. */
  readonly support: number;
}

/** Scores of a classifier on texts with known classes. */
export interface ClassificationReport {
  readonly n: number;
  /** Share of texts that were classified correctly. */
  readonly accuracy: number;
  /** Unweighted mean of the classes' F1. */
  readonly macroF1: number;
  readonly classes: readonly ClassScores[];
  /** Texts by actual class (rows) and predicted class (columns), both in the order of `classes`. */
  readonly confusion: readonly (readonly number[])[];
}

/**
 * Compares predicted classes with actual ones, as scikit-learn's `classification_report` and `confusion_matrix` with `labels`
 * given and `zero_division=0`.
 *
 * @param actual class numbers
 * @param predicted class numbers, in the same order
 * @param labels names of the classes 0, 1, …
 * @throws {SentimentInputError} when the lists differ in length, are empty, or hold a number that is not a class
 */
export function classificationReport(
  actual: ArrayLike<number>,
  predicted: ArrayLike<number>,
  labels: readonly string[],
): ClassificationReport {
  const n = actual.length;
  if (n === 0 || predicted.length !== n) {
    throw new SentimentInputError(`${predicted.length} predicted classes for ${n} texts cannot be compared`);
  }
  const confusion = labels.map(() => labels.map(() => 0));
  for (let i = 0; i < n; i++) {
    if (confusion[actual[i]]?.[predicted[i]] === undefined) {
      throw new SentimentInputError(
        `text ${i} is of class ${actual[i]}, predicted ${predicted[i]}; classes go from 0 to ${labels.length - 1}`,
      );
    }
    confusion[actual[i]][predicted[i]]++;
  }
  const classes = labels.map((label, at): ClassScores => {
    const hits = confusion[at][at];
    const support = sum(confusion[at]);
    const taken = sum(confusion.map((row) => row[at]));
    const f1 = ratio(2 * hits, taken + support);
    return { label, precision: ratio(hits, taken), recall: ratio(hits, support), f1, support };
  });
  return {
    n,
    accuracy: sum(confusion.map((row, at) => row[at])) / n,
    macroF1: sum(classes.map(({ f1 }) => f1)) / labels.length,
    classes,
    confusion,
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
