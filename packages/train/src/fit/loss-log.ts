import * as tf from '@tensorflow/tfjs-core';
import type { LossSum, Progress } from '../checkpoint/saved-state.js';
import { NonFiniteLossError } from '../errors.js';
import { readNumbers } from './read-numbers.js';

/** The loss of a batch. */
export interface PendingLoss {
  /** Mean over the batch, times `factor`; on the device, or read already. */
  readonly value: tf.Scalar | number;
  /** The batch's share of its update's examples, times the loss scale. */
  readonly factor: number;
  readonly step: number;
  readonly epoch: number;
  readonly indices: Int32Array;
}

const NOTHING: LossSum = { sum: 0, examples: 0 };

/** Losses of the batches. They stay on the device until they are read, several at once. */
export class LossLog {
  #pending: PendingLoss[] = [];
  #state: Progress['losses'] = { window: NOTHING, epoch: NOTHING };
  #last: number | null = null;

  /** Adds a loss. Takes ownership of the tensor. */
  add(pending: PendingLoss): void {
    const { value } = pending;
    this.#pending.push({ ...pending, value: typeof value === 'number' ? value : tf.keep(value) });
  }

  /**
   * Reads all pending losses at once. They are summed batch by batch, so sums do not depend on how often this is called.
   *
   * @throws {NonFiniteLossError} naming the first batch whose loss is NaN or infinite
   */
  async read(): Promise<void> {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    let values: readonly number[];
    try {
      values = await readNumbers(pending.map(({ value }) => value));
    } finally {
      dispose(pending);
    }
    for (const [i, { factor, step, epoch, indices }] of pending.entries()) {
      const loss = values[i] / factor;
      if (!Number.isFinite(loss)) throw new NonFiniteLossError(loss, step, epoch, indices, this.#last);
      const { window, epoch: whole } = this.#state;
      this.#state = { window: add(window, loss, indices), epoch: add(whole, loss, indices) };
      this.#last = loss;
    }
  }

  /** Mean over the examples read since the last call. */
  takeWindow(): number {
    const { window } = this.#state;
    this.#state = { ...this.#state, window: NOTHING };
    return window.sum / window.examples;
  }

  /** Mean over the examples read since the last call. */
  takeEpoch(): number {
    const { epoch } = this.#state;
    this.#state = { ...this.#state, epoch: NOTHING };
    return epoch.sum / epoch.examples;
  }

  /** Losses read and not taken yet: plain data for a checkpoint. */
  get state(): Progress['losses'] {
    return this.#state;
  }

  restore(state: Progress['losses']): void {
    this.#state = state;
  }

  dispose(): void {
    dispose(this.#pending);
    this.#pending = [];
  }
}

function dispose(pending: readonly PendingLoss[]): void {
  tf.dispose(pending.map(({ value }) => value).filter((value) => typeof value !== 'number'));
}

function add({ sum, examples }: LossSum, mean: number, indices: Int32Array): LossSum {
  return { sum: sum + mean * indices.length, examples: examples + indices.length };
}
