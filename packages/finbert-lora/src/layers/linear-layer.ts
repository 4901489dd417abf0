import type { Module, RandomStream } from '@fin/runtime';
import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { linear } from '../ops/linear.js';
import type { Part } from './container.js';
import type { ForwardMode } from './forward-mode.js';

/** Something that changes what a linear layer computes while the layer's own weights stay as they are, such as LoRA. */
export interface LinearAdapter extends Module {
  /** @param base the layer without the adapter */
  forward(x: tf.Tensor2D, base: (x: tf.Tensor2D) => tf.Tensor2D, mode: ForwardMode): tf.Tensor2D;
  dispose(): void;
}

/** Shape of a fresh linear layer: weights of N(0, std), zero biases. */
export interface LinearLayerOptions {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly std: number;
  readonly init: RandomStream;
}

/** `torch.nn.Linear`: `x weightᵀ + bias`. */
export class LinearLayer implements Part {
  /** [out, in], as PyTorch keeps it */
  readonly weight: tf.Variable<tf.Rank.R2>;
  /** [out] */
  readonly bias: tf.Variable<tf.Rank.R1>;
  /** Stands between caller and layer where it is set; disposed with the layer. */
  adapter: LinearAdapter | null = null;

  constructor(path: string, { inFeatures, outFeatures, std, init }: LinearLayerOptions) {
    this.weight = parameter(
      `${path}.weight`,
      init.normal([outFeatures, inFeatures], 0, std),
    ) as tf.Variable<tf.Rank.R2>;
    this.bias = parameter(`${path}.bias`, tf.zeros([outFeatures])) as tf.Variable<tf.Rank.R1>;
  }

  /** @param x [rows, in] @returns [rows, out] */
  forward(x: tf.Tensor2D, mode: ForwardMode): tf.Tensor2D {
    const base = (input: tf.Tensor2D) => linear(input, this.weight, this.bias);
    return this.adapter ? this.adapter.forward(x, base, mode) : base(x);
  }

  /** The layer's own, without the adapter's. */
  namedParameters(): Map<string, tf.Variable> {
    return new Map<string, tf.Variable>([
      ['weight', this.weight as tf.Variable],
      ['bias', this.bias as tf.Variable],
    ]);
  }

  dispose(): void {
    this.weight.dispose();
    this.bias.dispose();
    this.adapter?.dispose();
  }
}
