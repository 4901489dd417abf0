import { TrainInputError } from '../errors.js';
import type { EvaluationRecord, Metrics } from './fit-events.js';

/** When to stop, and which weights to keep. */
export interface EarlyStoppingOptions {
  /** Name of the metric that `evaluate` returns. @default 'loss' */
  readonly metric?: string;
  /** Whether lower or higher is better. @default 'min' */
  readonly mode?: 'min' | 'max';
  /** Evaluations in a row without improvement after which the run ends; Infinity to keep the best weights only. */
  readonly patience: number;
  /** What the metric has to gain to count as an improvement: more than this. @default 0 */
  readonly minDelta?: number;
}

/** How far early stopping is: plain data, so that a run can be resumed with it. */
export interface EarlyStoppingState {
  readonly best: EvaluationRecord | null;
  /** Evaluations since the best one. */
  readonly sinceBest: number;
}

/** Compares one evaluation after the other with the best so far. */
export class EarlyStopping {
  readonly #metric: string;
  readonly #sign: 1 | -1;
  readonly #patience: number;
  readonly #minDelta: number;
  #state: EarlyStoppingState = { best: null, sinceBest: 0 };

  constructor({ metric = 'loss', mode = 'min', patience, minDelta = 0 }: EarlyStoppingOptions) {
    if (!(patience >= 1)) throw new TrainInputError(`patience is ${patience}; it must be at least 1`);
    if (!(minDelta >= 0)) throw new TrainInputError(`minDelta is ${minDelta}; it must not be below 0`);
    this.#metric = metric;
    this.#sign = mode === 'min' ? 1 : -1;
    this.#patience = patience;
    this.#minDelta = minDelta;
  }

  get state(): EarlyStoppingState {
    return this.#state;
  }

  restore(state: EarlyStoppingState): void {
    this.#state = state;
  }

  /** Whether the run should end. */
  get exhausted(): boolean {
    return this.#state.sinceBest >= this.#patience;
  }

  /** @returns whether this evaluation is the best so far */
  see(record: EvaluationRecord): boolean {
    const { best, sinceBest } = this.#state;
    const improved =
      best === null || this.#value(best.metrics) - this.#value(record.metrics) > this.#minDelta;
    this.#value(record.metrics);
    this.#state = improved ? { best: record, sinceBest: 0 } : { best, sinceBest: sinceBest + 1 };
    return improved;
  }

  /** The metric, turned so that lower is better. */
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
