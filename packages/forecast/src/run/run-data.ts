import type { SplitName } from '@fin/data';

/** Size and span of one split, by target date. */
export interface SplitSummary {
  /** Number of samples. */
  readonly n: number;
  /** First target date, ISO; null when the split is empty. */
  readonly first: string | null;
  /** Last target date, ISO. */
  readonly last: string | null;
}

/** `data.json`: which data a run saw. */
export interface RunData {
  /** Name of the market. */
  readonly name: string;
  /** True when headlines and prices were made up. */
  readonly synthetic: boolean;
  /** The synthetic market's signal; null for real data. */
  readonly signal: number | null;
  /** sha256 of the content. */
  readonly fingerprint: string;
  readonly splits: Readonly<Record<SplitName, SplitSummary>>;
}
