import type { BacktestTable } from './compare-variants.js';

/** Result of `backtest`. */
export interface BacktestResult extends BacktestTable {
  readonly run: string;
  readonly market: string;
  readonly synthetic: boolean;
  /** Number of folds. */
  readonly folds: number;
  /** First and last target date that was tested, ISO. */
  readonly first: string;
  readonly last: string;
  /** Duration of this call, without the time before a resume. */
  readonly seconds: number;
}
