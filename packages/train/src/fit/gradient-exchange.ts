import type { ProcessGroup } from '@fin/parallel';
import { beginRange } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { readNumbers } from './read-numbers.js';

/** Elements after which a filled stretch of the buffer is sent, while the next gradients are read: 4 MiB. */
const STRETCH = 2 ** 20;

/** The loss of a rank's share of a batch. */
export interface ShareLoss {
  /** Index of the batch within its update. */
  readonly part: number;
  /** Mean over the share, times `factor`. */
  readonly value: tf.Scalar;
  readonly factor: number;
  /** The share's weight among those of all ranks: a number of examples, or on the device the divisor of a weighted mean. */
  readonly weight: number | tf.Scalar;
}

/** What a rank contributes to an update. */
export interface UpdateShare {
  /** Gradients by variable; none on a rank without examples. */
  readonly gradients: tf.NamedTensorMap;
  /** Divisor of the gradients; null for a plain loss. */
  readonly weight: tf.Scalar | null;
  /** Losses of the rank's batches. */
  readonly losses: readonly ShareLoss[];
  /** Batches of the update. */
  readonly parts: number;
  /** Wishes of this rank, 0 or 1 each. */
  readonly wishes: readonly number[];
}

/** Sums over all ranks. */
export interface UpdateTotals {
  /** Gradients by variable. The caller owns them. */
  readonly gradients: tf.NamedTensorMap;
  readonly weight: tf.Scalar | null;
  /** Mean loss of each batch of the update. */
  readonly losses: readonly number[];
  /** Number of ranks with each wish. */
  readonly wishes: readonly number[];
}

/**
 * Adds up the gradients of all ranks, and with them the losses and what else an update has to agree on, as one buffer:
 *
 * ```
 * gradients of the trainable parameters, in order │ which of them exist │ weight, whether there is one │ losses │ wishes
 * ```
 *
 * The buffer is sent in stretches: while MPI adds up one, the next gradients are copied from the device.
 */
export class GradientExchange {
  readonly #group: ProcessGroup;
  readonly #parameters: readonly tf.Variable[];
  #buffer: Float32Array = new Float32Array(0);

  constructor(group: ProcessGroup, parameters: Iterable<tf.Variable>) {
    this.#group = group;
    this.#parameters = [...parameters];
  }

  /** Reads the share's tensors and leaves them to the caller. */
  async sum(share: UpdateShare): Promise<UpdateTotals> {
    const end = beginRange('communication');
    try {
      return await this.#sum(share);
    } finally {
      end();
    }
  }

  async #sum({ gradients, weight, losses, parts, wishes }: UpdateShare): Promise<UpdateTotals> {
    const variables = this.#parameters.filter(({ trainable }) => trainable);
    const elements = variables.reduce((sum, { size }) => sum + size, 0);
    const buffer = this.#bufferOf(elements + variables.length + 2 + 2 * parts + wishes.length);
    const sent: Promise<void>[] = [];
    let first = 0;
    const send = (end: number) => {
      const reduction = this.#group.allReduce(buffer.subarray(first, end));
      reduction.catch(() => {}); // awaited below, unless reading fails before
      sent.push(reduction);
      first = end;
    };
    let at = 0;
    for (const [i, { name, size }] of variables.entries()) {
      const gradient = gradients[name];
      if (gradient) buffer.set((await gradient.data()) as Float32Array, at);
      else buffer.fill(0, at, at + size);
      buffer[elements + i] = gradient ? 1 : 0;
      at += size;
      if (at - first >= STRETCH) send(at);
    }
    const [ofWeight, ...ofLosses] = await readNumbers([
      weight ?? 0,
      ...losses.flatMap(({ value, weight: own }) => [value, own]),
    ]);
    at = elements + variables.length;
    buffer[at++] = ofWeight;
    buffer[at++] = weight ? 1 : 0;
    buffer.fill(0, at, at + 2 * parts);
    for (const [i, { part, factor }] of losses.entries()) {
      const [value, own] = ofLosses.slice(2 * i, 2 * i + 2);
      buffer[at + 2 * part] = (value / factor) * own;
      buffer[at + 2 * part + 1] = own;
    }
    buffer.set(wishes, at + 2 * parts);
    send(buffer.length);
    await Promise.all(sent);
    return this.#totals(variables, elements, parts);
  }

  #totals(variables: readonly tf.Variable[], elements: number, parts: number): UpdateTotals {
    const buffer = this.#buffer;
    const gradients: tf.NamedTensorMap = {};
    let at = 0;
    for (const [i, { name, shape, size }] of variables.entries()) {
      // A copy, since backends may keep the array that they are given.
      if (buffer[elements + i] > 0)
        gradients[name] = tf.tensor(buffer.slice(at, at + size), shape, 'float32');
      at += size;
    }
    at = elements + variables.length;
    const weight = buffer[at + 1] > 0 ? tf.scalar(buffer[at]) : null;
    at += 2;
    const losses = Array.from(
      { length: parts },
      (_, part) => buffer[at + 2 * part] / buffer[at + 2 * part + 1],
    );
    return { gradients, weight, losses, wishes: [...buffer.subarray(at + 2 * parts)] };
  }

  #bufferOf(length: number): Float32Array {
    if (this.#buffer.length !== length) this.#buffer = new Float32Array(length);
    return this.#buffer;
  }
}
