import type { EvaluationRecord, Progress } from '../checkpoint/saved-state.js';
import { TrainInputError } from '../errors.js';
import type { Range } from '../ranges.js';
import { orInfinity, requireInRange, wholeNumber } from '../ranges.js';
import type { Metrics } from './fit-events.js';

/** Settings of early stopping. */
export interface EarlyStoppingOptions {
  /** Name of a metric that `evaluate` returns. @default 'loss' */
  readonly metric?: string;
  /** Whether lower or higher is better. @default 'min' */
  readonly mode?: 'min' | 'max';
  /** Consecutive evaluations without improvement that end the run; Infinity only keeps the best weights. */
  readonly patience: number;
  /** The metric must improve by more than this to count. @default 0 */
  readonly minDelta?: number;
}

/** State of early stopping: plain data for a checkpoint. */
type EarlyStoppingState = NonNullable<Progress['earlyStopping']>;

const PATIENCE: Range = orInfinity(wholeNumber(1, 1e6));
const MIN_DELTA: Range = { rule: 'a finite number of 0 or more', holds: (x) => x >= 0 && Number.isFinite(x) };

/** Compares each evaluation with the best so far. */
export class EarlyStopping {
  readonly #metric: string;
  readonly #sign: 1 | -1;
  readonly #patience: number;
  readonly #minDelta: number;
  #state: EarlyStoppingState = { best: null, sinceBest: 0 };

  constructor({ metric = 'loss', mode = 'min', patience, minDelta = 0 }: EarlyStoppingOptions) {
    if (mode !== 'min' && mode !== 'max')
      throw new TrainInputError(`mode is "${mode}"; it must be min or max`);
    this.#metric = metric;
    this.#sign = mode === 'min' ? 1 : -1;
    this.#patience = requireInRange('patience', patience, PATIENCE);
    this.#minDelta = requireInRange('minDelta', minDelta, MIN_DELTA);
  }

  get state(): EarlyStoppingState {
    return this.#state;
  }

  restore(state: EarlyStoppingState): void {
    this.#state = state;
  }

  /** Whether patience has run out. */
  get exhausted(): boolean {
    return this.#state.sinceBest >= this.#patience;
  }

  /** Adds an evaluation. @returns whether it is the best so far */
  see(record: EvaluationRecord): boolean {
    const { best, sinceBest } = this.#state;
    const improved =
      best === null || this.#value(best.metrics) - this.#value(record.metrics) > this.#minDelta;
    this.#value(record.metrics);
    this.#state = improved ? { best: record, sinceBest: 0 } : { best, sinceBest: sinceBest + 1 };
    return improved;
  }

  /** The metric with a sign such that lower is better. */
  #value(metrics: Metrics): number {
    const value = metrics[this.#metric];
    if (value !== undefined && !Number.isNaN(value)) return this.#sign * value;
    const names = Object.keys(metrics).join(', ') || 'nothing';
    throw new TrainInputError(
      value === undefined
        ? `early stopping watches "${this.#metric}", but evaluate() returned ${names}`
        : `evaluate() returned ${value} for "${this.#metric}", which cannot be compared`,
    );
  }
}
