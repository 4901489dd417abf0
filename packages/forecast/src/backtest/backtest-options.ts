import type { Market } from '@fin/data';
import type { ResumeFrom, RunSource } from '@fin/run';
import type { BacktestEvent } from './backtest-events.js';
import type { BacktestTable } from './compare-variants.js';
import type { BacktestOptions } from './settings.js';

/** Options of `backtest`. */
export interface RunBacktestOptions {
  readonly market: Market;
  /** Run folder to write. */
  readonly runDir: string;
  /** Whether a run of this kind in the folder may be replaced. It stays until the new one is finished. @default false */
  readonly overwrite?: boolean;
  /** Whether to resume the interrupted run in the folder. Its settings are read from it. @default false */
  readonly resume?: ResumeFrom;
  /** Settings that differ from the defaults. @default the result of `resolveBacktestSettings()` */
  readonly settings?: BacktestOptions;
  /** Source of the market, recorded in `config.json`. */
  readonly source?: RunSource;
  /** Processes that train at the same time; 0 trains in this process. @default one per processor */
  readonly workers?: number;
  /** Stops the run, which can be resumed. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: BacktestEvent) => void;
}

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
