import type { LowRankUpdate } from '@fin/kernels';
import * as tf from '@tensorflow/tfjs-core';
import { BertInputError } from '../errors.js';
import type { LinearAdapter, LinearBase, LinearLayer } from '../layers/layers.js';
import type { ForwardMode } from '../layers/part.js';
import type { LoraWeights } from './lora-weights.js';

interface Merged {
  readonly name: string;
  /** DoRA's row lengths at the time of the merge, needed to undo it; null without DoRA. */
  readonly norm: tf.Tensor1D | null;
}

/** All adapters of one linear layer. At most one is active. While an adapter is merged, only the layer itself computes. */
export class LoraLayer implements LinearAdapter {
  readonly adapters: Map<string, LoraWeights> = new Map();
  /** Name of the active adapter, or null. In a layer without that adapter, only the layer itself computes. */
  active: string | null = null;
  readonly layer: LinearLayer;
  readonly #merged: Merged[] = [];

  constructor(layer: LinearLayer) {
    this.layer = layer;
  }

  forward(x: tf.Tensor2D, base: LinearBase, mode: ForwardMode): tf.Tensor2D {
    return this.#inUse ? this.#inUse.forward(x, base, mode) : base.forward(x);
  }

  get idle(): boolean {
    return this.#inUse === null;
  }

  /** The adapter in use, unless it is one with DoRA, which rescales the layer's output. */
  get update(): LowRankUpdate | null {
    const weights = this.#inUse;
    return weights?.magnitude === null ? weights : null;
  }

  /** The active adapter unless one is merged. */
  get #inUse(): LoraWeights | null {
    if (this.active === null || this.#merged.length > 0) return null;
    return this.adapters.get(this.active) ?? null;
  }

  /** Factor of each adapter's update: `loraAlpha / r`, with rsLoRA `loraAlpha / √r`. */
  get scaling(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.adapters].map(([name, { scaling }]) => [name, scaling]));
  }

  /**
   * The update `scaling · B A` of the weight: [out, in]. The caller disposes it.
   *
   * @throws BertInputError when this layer has no such adapter
   */
  getDeltaWeight(adapterName: string): tf.Tensor2D {
    const weights = this.adapters.get(adapterName);
    if (weights) return weights.getDeltaWeight();
    throw new BertInputError(
      `this layer has no adapter "${adapterName}"; it has ${[...this.adapters.keys()].join(', ')}`,
    );
  }

  /** Names of the merged adapters, in the order of merging. */
  get mergedAdapters(): readonly string[] {
    return this.#merged.map(({ name }) => name);
  }

  /** Adds an adapter to the weight. Does nothing when it is merged already or not on this layer. */
  merge(name: string): void {
    const weights = this.adapters.get(name);
    if (!weights || this.mergedAdapters.includes(name)) return;
    const norm = this.#norm(weights);
    if (norm !== null) tf.keep(norm);
    this.#setWeight(weights.mergeInto(this.layer.weight, norm));
    this.#merged.push({ name, norm });
  }

  /** Computes the weight with these adapters merged, without changing the layer. The caller disposes it. */
  preview(names: readonly string[]): tf.Tensor2D {
    return tf.tidy(() => {
      let weight: tf.Tensor2D = tf.clone(this.layer.weight);
      for (const name of names.filter((name) => !this.mergedAdapters.includes(name))) {
        const weights = this.adapters.get(name);
        if (weights) weight = weights.mergeInto(weight, this.#norm(weights));
      }
      return weight;
    });
  }

  /** Subtracts all merged adapters from the weight. */
  unmerge(): void {
    if (this.#merged.length === 0) return;
    this.#setWeight(this.#unmergedWeight());
    this.keepMerged();
  }

  /** Makes all merges permanent. */
  keepMerged(): void {
    for (const { norm } of this.#merged.splice(0)) norm?.dispose();
  }

  /** Variables by PyTorch's names, such as `lora_A.default.weight`. */
  namedParameters(): Map<string, tf.Variable> {
    const named = [...this.adapters].flatMap(([name, weights]) =>
      weights.parameters().map(([kind, variable]) => ({ kind, name, variable })),
    );
    const kinds = ['lora_A', 'lora_B', 'lora_magnitude_vector'];
    named.sort((left, right) => kinds.indexOf(left.kind) - kinds.indexOf(right.kind));
    return new Map(named.map(({ kind, name, variable }) => [`${kind}.${name}.weight`, variable]));
  }

  dispose(): void {
    this.keepMerged();
    for (const weights of this.adapters.values()) weights.dispose();
    this.adapters.clear();
  }

  /** Row norms for DoRA, of the weight before any merge. */
  #norm(weights: LoraWeights): tf.Tensor1D | null {
    if (weights.magnitude === null) return null;
    return tf.tidy(() => weights.norm(this.#unmergedWeight()));
  }

  #unmergedWeight(): tf.Tensor2D {
    return tf.tidy(() => {
      let weight: tf.Tensor2D = tf.clone(this.layer.weight);
      for (const { name, norm } of this.#merged.toReversed()) {
        weight = this.adapters.get(name)!.subtractFrom(weight, norm);
      }
      return weight;
    });
  }

  #setWeight(weight: tf.Tensor2D): void {
    this.layer.weight.assign(weight);
    weight.dispose();
  }
}
