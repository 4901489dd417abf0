import type { Market } from '@fin/data';
import type { ProcessGroup } from '@fin/parallel';
import type { ResumeFrom, RunSource } from '@fin/run';
import type { BacktestEvent } from './backtest-events.js';
import type { WalkParts } from './read-parts.js';
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
  /** Settings that differ from the defaults. @default those of the parts, or the result of `resolveBacktestSettings()` */
  readonly settings?: BacktestOptions;
  /** Source of the market, recorded in `config.json`. */
  readonly source?: RunSource;
  /** Processes that train at the same time; 0 trains in this process. @default one per processor */
  readonly workers?: number;
  /** Parts of this run that were trained elsewhere, as `readParts` reads them. Nothing that they hold is trained again. @default none */
  readonly parts?: WalkParts;
  /**
   * Processes that do the work together (`initProcessGroup` of @fin/parallel). Each calls this function with the same options and trains its
   * share; rank 0 writes the run and sends the events. @default this process alone
   */
  readonly group?: ProcessGroup;
  /** Stops the run, which can be resumed. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: BacktestEvent) => void;
}
