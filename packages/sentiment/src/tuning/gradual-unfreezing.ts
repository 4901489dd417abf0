import type { Module } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import { parameterDepth } from './parameter-depth.js';

/** Layers to unfreeze per epoch. */
const PER_EPOCH = 3;

/**
 * Gradual unfreezing (Howard & Ruder 2018) at finBERT's pace. At first only pooler and head are trained. After each third of an
 * epoch one more layer is unfrozen, from the top down, and the embeddings last. finBERT's own code never unfreezes the pooler;
 * here it is trained from the start, since it may have random weights.
 */
export class GradualUnfreezing {
  readonly #byDepth: readonly (readonly tf.Variable[])[];

  /** @param module its trainable parameters are frozen and unfrozen */
  constructor(module: Module, layers: number) {
    const trainable = [...module.namedParameters()].filter(([, variable]) => variable.trainable);
    this.#byDepth = Array.from({ length: layers + 2 }, (_, depth) =>
      trainable.filter(([name]) => parameterDepth(name, layers) === depth).map(([, variable]) => variable),
    );
  }

  /** Unfreezes the parameters to train at this point, and freezes the others. @param epoch epochs so far, with fractions */
  update(epoch: number): void {
    // The smallest part of an update, so that 1/3 epoch is not missed for a rounding error.
    const free = Math.floor(PER_EPOCH * epoch + 1e-9);
    this.#byDepth.forEach((variables, depth) => {
      for (const variable of variables) variable.trainable = depth <= free;
    });
  }

  /** Unfreezes all parameters. */
  release(): void {
    for (const variable of this.#byDepth.flat()) variable.trainable = true;
  }
}
