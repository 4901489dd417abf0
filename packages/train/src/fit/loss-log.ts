import * as tf from '@tensorflow/tfjs-core';
import { NonFiniteLossError } from './non-finite-loss-error.js';

/** A loss that is still on the device. */
export interface PendingLoss {
  /** Mean over the batch, times `factor`. */
  readonly value: tf.Scalar;
  /** The batch's part of its update's examples, times the scale of a gradient scaler. */
  readonly factor: number;
  readonly step: number;
  readonly epoch: number;
  readonly indices: Int32Array;
}

/** Losses added up over examples. */
interface LossSum {
  readonly sum: number;
  readonly examples: number;
}

/** What was read and not yet reported: plain data, so that a run can be resumed with it. */
export interface LossLogState {
  /** Since the last log. */
  readonly window: LossSum;
  /** Since the beginning of the epoch. */
  readonly epoch: LossSum;
}

const NOTHING: LossSum = { sum: 0, examples: 0 };

/** Losses of the batches, left on the device until somebody wants to see them. */
export class LossLog {
  #pending: PendingLoss[] = [];
  #state: LossLogState = { window: NOTHING, epoch: NOTHING };

  /** Takes over the tensor. */
  add(pending: PendingLoss): void {
    this.#pending.push({ ...pending, value: tf.keep(pending.value) });
  }

  /**
   * Reads what is pending, all at once. Sums are formed batch by batch, so they do not depend on how often this is called.
   *
   * @throws {NonFiniteLossError} naming the first batch whose loss is NaN or infinite
   */
  async read(): Promise<void> {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    const stacked = tf.stack(pending.map(({ value }) => value));
    const values = await stacked.data();
    tf.dispose([stacked, ...pending.map(({ value }) => value)]);
    for (const [i, { factor, step, epoch, indices }] of pending.entries()) {
      const loss = values[i] / factor;
      if (!Number.isFinite(loss)) throw new NonFiniteLossError(loss, step, epoch, indices);
      const { window, epoch: whole } = this.#state;
      this.#state = { window: add(window, loss, indices), epoch: add(whole, loss, indices) };
    }
  }

  /** @returns the mean over the examples that were read since the last call */
  takeWindow(): number {
    const { window } = this.#state;
    this.#state = { ...this.#state, window: NOTHING };
    return window.sum / window.examples;
  }

  /** @returns the mean over the examples that were read since the last call */
  takeEpoch(): number {
    const { epoch } = this.#state;
    this.#state = { ...this.#state, epoch: NOTHING };
    return epoch.sum / epoch.examples;
  }

  get state(): LossLogState {
    return this.#state;
  }

  restore(state: LossLogState): void {
    this.#state = state;
  }

  dispose(): void {
    tf.dispose(this.#pending.map(({ value }) => value));
    this.#pending = [];
  }
}

function add({ sum, examples }: LossSum, mean: number, indices: Int32Array): LossSum {
  return { sum: sum + mean * indices.length, examples: examples + indices.length };
}
