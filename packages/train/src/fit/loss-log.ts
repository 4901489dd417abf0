import * as tf from '@tensorflow/tfjs-core';
import { NonFiniteLossError } from './non-finite-loss-error.js';

/** A loss that is still on the device. */
export interface PendingLoss {
  /** Mean over the batch, times `share`. */
  readonly value: tf.Scalar;
  /** The batch's part of its update's examples. */
  readonly share: number;
  readonly step: number;
  readonly epoch: number;
  readonly indices: Int32Array;
}

/** Losses of the batches, left on the device until somebody wants to see them. */
export class LossLog {
  #pending: PendingLoss[] = [];
  #epochSum = 0;
  #epochExamples = 0;

  /** Takes over the tensor. */
  add(pending: PendingLoss): void {
    this.#pending.push({ ...pending, value: tf.keep(pending.value) });
  }

  /**
   * Reads what is pending, all at once.
   *
   * @returns the mean over the examples since the last read, and their number
   * @throws {NonFiniteLossError} naming the first batch whose loss is NaN or infinite
   */
  async read(): Promise<{ readonly loss: number; readonly examples: number }> {
    const pending = this.#pending;
    this.#pending = [];
    const stacked = tf.stack(pending.map(({ value }) => value));
    const values = await stacked.data();
    tf.dispose([stacked, ...pending.map(({ value }) => value)]);
    let sum = 0;
    let examples = 0;
    for (const [i, { share, step, epoch, indices }] of pending.entries()) {
      const loss = values[i] / share;
      if (!Number.isFinite(loss)) throw new NonFiniteLossError(loss, step, epoch, indices);
      sum += loss * indices.length;
      examples += indices.length;
    }
    this.#epochSum += sum;
    this.#epochExamples += examples;
    return { loss: sum / examples, examples };
  }

  /** @returns the mean over what was read since the last call */
  endEpoch(): number {
    const mean = this.#epochSum / this.#epochExamples;
    this.#epochSum = 0;
    this.#epochExamples = 0;
    return mean;
  }

  dispose(): void {
    tf.dispose(this.#pending.map(({ value }) => value));
    this.#pending = [];
  }
}
