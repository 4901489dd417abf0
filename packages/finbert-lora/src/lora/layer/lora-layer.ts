import * as tf from '@tensorflow/tfjs-core';
import type { LinearAdapter, LinearBase, LinearLayer } from '../../layers/layers.js';
import type { ForwardMode } from '../../layers/part.js';
import type { LoraWeights } from './lora-weights.js';

/** An adapter that is part of the layer's weight now. */
interface Merged {
  readonly name: string;
  /** DoRA's length of each row at that time: without it there is no way back. */
  readonly norm: tf.Tensor1D | null;
}

/** The adapters of one linear layer, of which one at most is at work; or some are merged, and the layer works alone. */
export class LoraLayer implements LinearAdapter {
  readonly adapters: Map<string, LoraWeights> = new Map();
  /** Adapter at work; null for none. One that this layer does not have leaves it as it is. */
  active: string | null = null;
  readonly layer: LinearLayer;
  readonly #merged: Merged[] = [];

  constructor(layer: LinearLayer) {
    this.layer = layer;
  }

  forward(x: tf.Tensor2D, base: LinearBase, mode: ForwardMode): tf.Tensor2D {
    const weights = this.active === null || this.#merged.length > 0 ? null : this.adapters.get(this.active);
    return weights ? weights.forward(x, base, mode) : base.forward(x);
  }

  /** Adapters in the weight, in the order they came. */
  get merged(): readonly string[] {
    return this.#merged.map(({ name }) => name);
  }

  /** Adds an adapter to the weight, unless it is in it or not on this layer. */
  merge(name: string): void {
    const weights = this.adapters.get(name);
    if (!weights || this.merged.includes(name)) return;
    const norm = this.#norm(weights);
    if (norm !== null) tf.keep(norm);
    this.#setWeight(weights.mergeInto(this.layer.weight, norm));
    this.#merged.push({ name, norm });
  }

  /** The weight with these adapters merged into it besides those that are. The caller's. */
  preview(names: readonly string[]): tf.Tensor2D {
    return tf.tidy(() => {
      let weight: tf.Tensor2D = tf.clone(this.layer.weight);
      for (const name of names.filter((name) => !this.merged.includes(name))) {
        const weights = this.adapters.get(name);
        if (weights) weight = weights.mergeInto(weight, this.#norm(weights));
      }
      return weight;
    });
  }

  /** Takes all merged adapters out again. */
  unmerge(): void {
    if (this.#merged.length === 0) return;
    this.#setWeight(this.#unmergedWeight());
    for (const { norm } of this.#merged.splice(0)) norm?.dispose();
  }

  /** Forgets what is merged: it stays in the weight for good. */
  settle(): void {
    for (const { norm } of this.#merged.splice(0)) norm?.dispose();
  }

  /** Names as PyTorch's, such as `lora_A.default.weight`. */
  namedParameters(): Map<string, tf.Variable> {
    const named = [...this.adapters].flatMap(([name, weights]) =>
      weights.parameters().map(([kind, variable]) => ({ kind, name, variable })),
    );
    const kinds = ['lora_A', 'lora_B', 'lora_magnitude_vector'];
    named.sort((left, right) => kinds.indexOf(left.kind) - kinds.indexOf(right.kind));
    return new Map(named.map(({ kind, name, variable }) => [`${kind}.${name}.weight`, variable]));
  }

  dispose(): void {
    this.settle();
    for (const weights of this.adapters.values()) weights.dispose();
    this.adapters.clear();
  }

  /** DoRA's norm is that of the weight before anything was merged. */
  #norm(weights: LoraWeights): tf.Tensor1D | null {
    if (weights.magnitude === null) return null;
    return tf.tidy(() => weights.norm(this.#unmergedWeight()));
  }

  /** The caller's. */
  #unmergedWeight(): tf.Tensor2D {
    return tf.tidy(() => {
      let weight: tf.Tensor2D = tf.clone(this.layer.weight);
      for (const { name, norm } of this.#merged.toReversed()) {
        weight = this.adapters.get(name)!.takeOutOf(weight, norm);
      }
      return weight;
    });
  }

  #setWeight(weight: tf.Tensor2D): void {
    this.layer.weight.assign(weight);
    weight.dispose();
  }
}
