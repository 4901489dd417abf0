import type { Module } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** A copy of a module's parameters on the device. Taking one copies nothing: updates replace, never overwrite. */
export class BestWeights {
  readonly #variables: readonly tf.Variable[];
  #copies = new Map<tf.Variable, tf.Tensor>();

  constructor(module: Module) {
    this.#variables = [...module.namedParameters().values()];
  }

  /** Keeps the parameters as they are now, in place of what was kept before. */
  keep(): void {
    this.dispose();
    for (const variable of this.#variables) this.#copies.set(variable, tf.keep(tf.clone(variable)));
  }

  /** Puts back what was kept; nothing if nothing was. */
  restore(): void {
    for (const [variable, copy] of this.#copies) variable.assign(copy);
  }

  dispose(): void {
    tf.dispose([...this.#copies.values()]);
    this.#copies = new Map();
  }
}
