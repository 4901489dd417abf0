import type { LowRankUpdate } from '@fin/kernels';
import { layerNorm, linear } from '@fin/kernels';
import type { Module, RandomStream } from '@fin/runtime';
import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { ForwardMode, Part } from './part.js';
import { dropoutAt } from './part.js';

/** Changes the output of a linear layer without changing its weights, as LoRA does. */
export interface LinearAdapter extends Module {
  /** @param base the layer without the adapter */
  forward(x: tf.Tensor2D, base: LinearBase, mode: ForwardMode): tf.Tensor2D;
  /** Whether `forward` would only call the layer itself now. @default false */
  readonly idle?: boolean;
  /** What `forward` adds to the layer's output, if that is a low-rank update of its input and nothing else. @default null */
  readonly update?: LowRankUpdate | null;
  dispose(): void;
}

/** Interface of a linear layer for its adapter. */
export interface LinearBase {
  /** The layer without the adapter: `x weightᵀ`, plus `bias` unless that is null. */
  forward(x: tf.Tensor2D): tf.Tensor2D;
  /** [out]; null if the op after the layer adds the bias */
  readonly bias: tf.Variable<tf.Rank.R1> | null;
}

/** Shape of a new linear layer: weights of N(0, std), zero biases. */
export interface LinearLayerOptions {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly std: number;
  readonly init: RandomStream;
}

/** `torch.nn.Linear`: `x weightᵀ + bias`. */
export class LinearLayer implements Part {
  /** [out, in], as in PyTorch */
  readonly weight: tf.Variable<tf.Rank.R2>;
  /** [out] */
  readonly bias: tf.Variable<tf.Rank.R1>;
  /** Called in place of the layer if set; disposed with it. */
  adapter: LinearAdapter | null = null;

  constructor(path: string, { inFeatures, outFeatures, std, init }: LinearLayerOptions) {
    this.weight = parameter(
      `${path}.weight`,
      init.normal([outFeatures, inFeatures], 0, std),
    ) as tf.Variable<tf.Rank.R2>;
    this.bias = parameter(`${path}.bias`, tf.zeros([outFeatures]));
  }

  /** Whether an adapter changes the output now. */
  get adapted(): boolean {
    return this.adapter !== null && this.adapter.idle !== true;
  }

  /** The adapter's update, for ops that compute layer and update together; null if none is in use. */
  get update(): LowRankUpdate | null {
    return (this.adapted && this.adapter?.update) || null;
  }

  /** @param x [rows, in] @returns [rows, out] */
  forward(x: tf.Tensor2D, mode: ForwardMode): tf.Tensor2D {
    return this.#run(x, this.bias, mode);
  }

  /**
   * The layer, adapter included, without its bias: for an op that adds the bias itself in the same pass.
   *
   * @param x [rows, in] @returns [rows, out]
   */
  forwardWithoutBias(x: tf.Tensor2D, mode: ForwardMode): tf.Tensor2D {
    return this.#run(x, null, mode);
  }

  #run(x: tf.Tensor2D, bias: tf.Variable<tf.Rank.R1> | null, mode: ForwardMode): tf.Tensor2D {
    const forward = (input: tf.Tensor2D) => linear(input, this.weight, bias);
    return this.adapter ? this.adapter.forward(x, { forward, bias }, mode) : forward(x);
  }

  /** The layer's own parameters, without the adapter's. */
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

/** `torch.nn.LayerNorm` over the last axis. */
export class LayerNormLayer implements Part {
  readonly weight: tf.Variable<tf.Rank.R1>;
  readonly bias: tf.Variable<tf.Rank.R1>;
  readonly #eps: number;

  constructor(path: string, size: number, eps: number) {
    this.weight = parameter(`${path}.weight`, tf.ones([size]));
    this.bias = parameter(`${path}.bias`, tf.zeros([size]));
    this.#eps = eps;
  }

  /**
   * The end of a post-norm transformer sublayer in one op, `LN(residual + dropout(dense(x)))`.
   *
   * @param x input of the sublayer's last linear layer, [rows, in]
   * @param dense that layer
   * @param residual input of the sublayer, [rows, size]
   */
  closeSublayer(
    x: tf.Tensor2D,
    dense: LinearLayer,
    residual: tf.Tensor2D,
    dropoutRate: number,
    mode: ForwardMode,
  ): tf.Tensor2D {
    const product = dense.forwardWithoutBias(x, mode);
    const dropout = dropoutAt(dropoutRate, mode);
    return layerNorm(product, this.weight, this.bias, {
      eps: this.#eps,
      residual,
      bias: dense.bias,
      dropout,
    });
  }

  namedParameters(): Map<string, tf.Variable> {
    return new Map<string, tf.Variable>([
      ['weight', this.weight as tf.Variable],
      ['bias', this.bias as tf.Variable],
    ]);
  }

  dispose(): void {
    this.weight.dispose();
    this.bias.dispose();
  }
}

/** Shape of a new embedding table: rows of N(0, std). */
export interface EmbeddingLayerOptions {
  readonly entries: number;
  readonly size: number;
  readonly std: number;
  readonly init: RandomStream;
  /** Row that starts as zeros, as PyTorch's `padding_idx`. @default none */
  readonly zeroRow?: number;
}

/** `torch.nn.Embedding`: one row of a table per id. */
export class EmbeddingLayer implements Part {
  /** [entries, size] */
  readonly weight: tf.Variable;

  constructor(path: string, { entries, size, std, init, zeroRow }: EmbeddingLayerOptions) {
    const drawn = init.normal([entries, size], 0, std);
    const value = zeroRow === undefined ? drawn : withZeroRow(drawn as tf.Tensor2D, zeroRow);
    this.weight = parameter(`${path}.weight`, value);
  }

  namedParameters(): Map<string, tf.Variable> {
    return new Map([['weight', this.weight]]);
  }

  dispose(): void {
    this.weight.dispose();
  }
}

/** The table with one row set to zero. Disposes `table`. */
function withZeroRow(table: tf.Tensor2D, row: number): tf.Tensor2D {
  const keep = new Float32Array(table.shape[0]).fill(1);
  keep[row] = 0;
  return tf.tidy(() => {
    const value = tf.mul(table, tf.tensor2d(keep, [keep.length, 1]));
    table.dispose();
    return value as tf.Tensor2D;
  });
}
