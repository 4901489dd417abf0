import type { MetricsRow } from '../metrics/metrics-row.js';

/** `evaluation.json`: the model's row and its baselines, all on the same days. */
export interface Evaluation {
  /** Always the test split. */
  readonly split: 'test';
  /** Number of days measured. */
  readonly n: number;
  /** First and last target date, ISO. */
  readonly first: string;
  readonly last: string;
  /** Confidence level of the intervals. */
  readonly level: number;
  /** The model first, then persistence, drift and majority class. */
  readonly rows: readonly MetricsRow[];
}
