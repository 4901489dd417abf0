import type { Module } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import { parameterDepth } from './parameter-depth.js';

/** Layers that are freed per epoch. */
const PER_EPOCH = 3;

/**
 * Gradual unfreezing (Howard & Ruder 2018) at finBERT's pace: pooler and head learn alone for a third of an epoch, then the top
 * layer with them, then the next; the embeddings last. Unlike finBERT's own code, which never frees the pooler, the pooler
 * learns from the start: it may be new.
 */
export class GradualUnfreezing {
  readonly #byDepth: readonly (readonly tf.Variable[])[];

  /** @param module whose trainable parameters are frozen and freed */
  constructor(module: Module, layers: number) {
    const trainable = [...module.namedParameters()].filter(([, variable]) => variable.trainable);
    this.#byDepth = Array.from({ length: layers + 2 }, (_, depth) =>
      trainable.filter(([name]) => parameterDepth(name, layers) === depth).map(([, variable]) => variable),
    );
  }

  /** Frees what is to learn from here on and freezes the rest. @param epoch epochs done, with fractions */
  update(epoch: number): void {
    // The smallest part of an update, so that 1/3 epoch is not missed for a rounding error.
    const free = Math.floor(PER_EPOCH * epoch + 1e-9);
    this.#byDepth.forEach((variables, depth) => {
      for (const variable of variables) variable.trainable = depth <= free;
    });
  }

  /** Frees everything. */
  release(): void {
    for (const variable of this.#byDepth.flat()) variable.trainable = true;
  }
}
