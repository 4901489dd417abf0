import type { LabelledSentences, Market } from '@fin/data';
import type { ResumeFrom, RunSource } from '@fin/run';
import type { CompareEvent } from './compare-events.js';
import type { ComparisonResults } from './results/results.js';
import type { ComparisonOptions } from './settings.js';

/** Options of `compare`. */
export interface CompareOptions {
  /** Sentences of the job `sentiment`. */
  readonly bank?: LabelledSentences;
  /** Market of the job `forecast`. */
  readonly market?: Market;
  /** Folder of the encoder to start from; not with the setting `randomEncoder`. */
  readonly modelDir?: string;
  /** Run folder to write. */
  readonly runDir: string;
  /** Whether a comparison in the folder may be replaced. It stays until the new one is finished. @default false */
  readonly overwrite?: boolean;
  /** Whether to resume the interrupted comparison in the folder. Its settings are read from it. @default false */
  readonly resume?: ResumeFrom;
  /** Settings that differ from the defaults. @default the result of `resolveComparison()` for the jobs whose data are given */
  readonly settings?: Partial<ComparisonOptions>;
  /** Sources of the data, recorded in `config.json`. */
  readonly source?: RunSource;
  /** Stops the comparison, which can be resumed. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: CompareEvent) => void;
}

/** Result of `compare`. */
export interface CompareResult extends ComparisonResults {
  readonly run: string;
  /** Duration of this call, without the time before a resume. */
  readonly seconds: number;
}
