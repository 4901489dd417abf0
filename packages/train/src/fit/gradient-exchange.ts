import type { ProcessGroup } from '@fin/parallel';
import { beginRange } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { readNumbers } from './read-numbers.js';

/** Elements after which a filled stretch of the buffer is sent: 4 MiB. */
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

/** A parameter's place in the buffer. */
interface Slot {
  readonly variable: tf.Variable;
  readonly begin: number;
  readonly end: number;
  /** Whether the gradient, or zeros in place of one, are in the buffer. */
  filled: boolean;
  /** Whether there is a gradient. */
  present: boolean;
}

/**
 * Adds up the gradients of all ranks, and with them the losses and what else an update has to agree on, as one buffer:
 *
 * ```
 * gradients of the trainable parameters, last first │ which of them exist │ weight, whether there is one │ losses │ wishes
 * ```
 *
 * The buffer is sent in stretches, the same on every rank, each as soon as its gradients and those before it are there. MPI adds up one while
 * the backward pass goes on below, or the next gradients are copied from the device.
 */
export class GradientExchange {
  readonly #group: ProcessGroup;
  readonly #parameters: readonly tf.Variable[];
  #buffer: Float32Array = new Float32Array(0);
  #slots: ReadonlyMap<tf.Variable, Slot> = new Map();
  /** Slots up to the first that is not filled. */
  #waiting: Slot[] = [];
  /** Where the part of the buffer begins that is not sent yet. */
  #unsent = 0;
  #sent: Promise<void>[] = [];

  /** @param parameters in the order of the forward pass, as far as there is one: the backward pass has the last ones first */
  constructor(group: ProcessGroup, parameters: Iterable<tf.Variable>) {
    this.#group = group;
    this.#parameters = [...parameters];
  }

  /**
   * Begins an update.
   *
   * @param parts batches of the update
   * @param wishes of this rank, 0 or 1 each
   */
  begin(parts: number, wishes: readonly number[]): void {
    let at = 0;
    const slots = this.#parameters
      .filter(({ trainable }) => trainable)
      .toReversed()
      .map((variable): Slot => {
        const begin = at;
        at += variable.size;
        return { variable, begin, end: at, filled: false, present: false };
      });
    this.#slots = new Map(slots.map((slot) => [slot.variable, slot]));
    this.#waiting = slots;
    const length = at + slots.length + 2 + 2 * parts + wishes.length;
    if (this.#buffer.length !== length) this.#buffer = new Float32Array(length);
    this.#buffer.set(wishes, length - wishes.length);
    this.#unsent = 0;
    this.#sent = [];
  }

  /** Takes a gradient of the update's only batch before {@link sum}, which is given it again. */
  take(variable: tf.Variable, gradient: tf.Tensor): void {
    this.#fill(this.#slots.get(variable)!, gradient.dataSync() as Float32Array);
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

  async #sum({ gradients, weight, losses, parts }: UpdateShare): Promise<UpdateTotals> {
    for (const slot of this.#slots.values()) {
      if (slot.filled) continue;
      const gradient = gradients[slot.variable.name];
      this.#fill(slot, gradient ? ((await gradient.data()) as Float32Array) : null);
    }
    const [ofWeight, ...ofLosses] = await readNumbers([
      weight ?? 0,
      ...losses.flatMap(({ value, weight: own }) => [value, own]),
    ]);
    const buffer = this.#buffer;
    let at = this.#elements;
    for (const { present } of this.#slots.values()) buffer[at++] = present ? 1 : 0;
    buffer[at++] = ofWeight;
    buffer[at++] = weight ? 1 : 0;
    buffer.fill(0, at, at + 2 * parts);
    for (const [i, { part, factor }] of losses.entries()) {
      const [value, own] = ofLosses.slice(2 * i, 2 * i + 2);
      buffer[at + 2 * part] = (value / factor) * own;
      buffer[at + 2 * part + 1] = own;
    }
    this.#send(buffer.length);
    await Promise.all(this.#sent);
    return this.#totals(parts);
  }

  #totals(parts: number): UpdateTotals {
    const buffer = this.#buffer;
    const gradients: tf.NamedTensorMap = {};
    let at = this.#elements;
    for (const { variable, begin, end } of this.#slots.values()) {
      // A copy, since backends may keep the array that they are given.
      if (buffer[at++] > 0)
        gradients[variable.name] = tf.tensor(buffer.slice(begin, end), variable.shape, 'float32');
    }
    const weight = buffer[at + 1] > 0 ? tf.scalar(buffer[at]) : null;
    at += 2;
    const losses = Array.from(
      { length: parts },
      (_, part) => buffer[at + 2 * part] / buffer[at + 2 * part + 1],
    );
    return { gradients, weight, losses, wishes: [...buffer.subarray(at + 2 * parts)] };
  }

  /** Elements of all gradients. */
  get #elements(): number {
    return [...this.#slots.values()].at(-1)?.end ?? 0;
  }

  /** @param data of the gradient; null where there is none */
  #fill(slot: Slot, data: Float32Array | null): void {
    if (data) this.#buffer.set(data, slot.begin);
    else this.#buffer.fill(0, slot.begin, slot.end);
    slot.present = data !== null;
    slot.filled = true;
    while (this.#waiting[0]?.filled) {
      const { end } = this.#waiting.shift()!;
      if (end - this.#unsent >= STRETCH) this.#send(end);
    }
  }

  #send(end: number): void {
    const reduction = this.#group.allReduce(this.#buffer.subarray(this.#unsent, end));
    reduction.catch(() => {}); // awaited in the end, unless the backward pass fails before
    this.#sent.push(reduction);
    this.#unsent = end;
  }
}
