import type { Interval } from '../metrics/metrics-row.js';

/** Correlation of a day's sentiment with the return of the day `lag` trading days later. */
export interface LeadLagRow {
  /** 0 for the same day, 1 for the next, -1 for the day before. */
  readonly lag: number;
  /** Pearson correlation; null when a series is constant. */
  readonly r: number | null;
  /** Block bootstrap interval of `r`; null with it. */
  readonly interval: Interval | null;
  /** Two-sided p-value of no relation; null with `r`. */
  readonly pValue: number | null;
  /** Holm's correction of `pValue` over all lags. */
  readonly adjustedPValue: number | null;
}

/** A lead-lag table. It survives JSON unchanged. */
export interface LeadLag {
  /** Days with sentiment for which all returns are known. */
  readonly n: number;
  /** First and last of them, ISO. */
  readonly first: string;
  readonly last: string;
  /** Confidence of the intervals; a relation counts when its adjusted p-value is below 1 - level. */
  readonly level: number;
  /** Ordered by lag. */
  readonly rows: readonly LeadLagRow[];
  /** One sentence that says what the data say. */
  readonly summary: string;
}
