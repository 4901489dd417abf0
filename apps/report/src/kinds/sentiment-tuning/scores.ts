import { wilsonInterval } from '@fin/forecast';
import { fixed, percent, percentRange } from '../../site/html.js';
import type { Finding } from '../run-report.js';
import type { TuningRun } from './read-tuning.js';

/** Confidence level of the intervals on the page of a sentiment model. */
export const LEVEL = 0.95;

/** A share of test sentences with its Wilson interval. */
export interface Share {
  readonly value: number;
  /** Null where there are no sentences. */
  readonly interval: readonly [low: number, high: number] | null;
}

export const share = (part: number, whole: number): Share => ({
  value: whole === 0 ? 0 : part / whole,
  interval: wilsonInterval(part, whole, LEVEL),
});

/** Precision and recall of one class with their intervals. */
export interface ClassShares {
  readonly label: string;
  readonly precision: Share;
  readonly recall: Share;
  readonly f1: number;
  readonly support: number;
}

export function classShares({ evaluation, confusion }: TuningRun): ClassShares[] {
  return evaluation.classes.map(({ label, f1, support }, i) => {
    const predicted = confusion.reduce((sum, row) => sum + row[i], 0);
    return {
      label,
      precision: share(confusion[i][i], predicted),
      recall: share(confusion[i][i], support),
      f1,
      support,
    };
  });
}

/** Share of right classes among all test sentences. */
export function accuracyOf({ evaluation, confusion }: TuningRun): Share {
  return share(
    confusion.reduce((sum, row, i) => sum + row[i], 0),
    evaluation.n,
  );
}

/**
 * Says whether the model does better than naming the most frequent class, which classes it tells apart worst, and what it
 * confuses most.
 */
export function tuningFinding(run: TuningRun, labels: readonly string[]): Omit<Finding, 'source' | 'figure'> {
  const { evaluation, confusion } = run;
  const accuracy = accuracyOf(run);
  const most = evaluation.classes.reduce((best, row) => (row.support > best.support ? row : best));
  const majority = most.support / evaluation.n;
  const [low, high] = accuracy.interval ?? [0, 1];
  const outcome = low > majority ? 'better' : high < majority ? 'worse' : 'same';
  const name = (i: number) => `“${labels[i]}”`;
  const majorityName = name(evaluation.classes.indexOf(most));
  return {
    outcome,
    headline: HEADLINES[outcome],
    sentences: [
      `It names the right class for ${percent(accuracy.value, 1)} of ${evaluation.n} test sentences (${percent(LEVEL, 0)} interval ${percentRange([low, high], 1)}); always naming ${majorityName} gets ${percent(majority, 1)}. Macro-F1, the mean of the classes’ F1, is ${fixed(evaluation.macroF1, 3)}.`,
      ...worstConfusion(confusion, name),
    ],
  };
}

const HEADLINES = {
  better: 'The sentiment model is right more often than always naming the most frequent class.',
  worse: 'The sentiment model is right less often than always naming the most frequent class.',
  same: 'The test sentences cannot tell the sentiment model from always naming the most frequent class.',
} as const;

function worstConfusion(confusion: readonly (readonly number[])[], name: (i: number) => string): string[] {
  const errors = confusion.flatMap((row, i) =>
    row.flatMap((count, j) => (i !== j && count > 0 ? [{ i, j, count }] : [])),
  );
  if (errors.length === 0) return ['No test sentence is classified wrongly.'];
  const total = errors.reduce((sum, { count }) => sum + count, 0);
  const { i, j, count } = errors.reduce((most, error) => (error.count > most.count ? error : most));
  return [
    `Its most frequent error takes ${name(i)} for ${name(j)}: ${count} of ${total} wrong ${total === 1 ? 'sentence' : 'sentences'}.`,
  ];
}
