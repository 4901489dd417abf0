import { dropout, layerNorm as fusedLayerNorm, hasKernel } from '@fin/kernels';
import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { layerNorm } from '../ops/layer-norm.js';
import type { Part } from './container.js';
import type { ForwardMode } from './forward-mode.js';
import { dropoutAt } from './forward-mode.js';

/** `torch.nn.LayerNorm` over the last axis. */
export class LayerNormLayer implements Part {
  readonly weight: tf.Variable;
  readonly bias: tf.Variable;
  readonly #epsilon: number;

  constructor(path: string, size: number, epsilon: number) {
    this.weight = parameter(`${path}.weight`, tf.ones([size]));
    this.bias = parameter(`${path}.bias`, tf.zeros([size]));
    this.#epsilon = epsilon;
  }

  /** @param x [rows, size] */
  forward(x: tf.Tensor2D): tf.Tensor2D {
    return layerNorm(x, this.weight, this.bias, this.#epsilon);
  }

  /**
   * The end of a sublayer of a post-norm transformer, `LN(residual + dropout(x))`: one fused op where `@fin/kernels` is loaded.
   *
   * @param x what the sublayer made of `residual`, [rows, size]
   */
  closeSublayer(x: tf.Tensor2D, residual: tf.Tensor2D, dropoutRate: number, mode: ForwardMode): tf.Tensor2D {
    const drop = dropoutAt(dropoutRate, mode);
    if (!hasKernel('FinLayerNorm')) return this.forward(tf.add(residual, drop ? dropout(x, drop) : x));
    const [weight, bias] = [this.weight as tf.Tensor1D, this.bias as tf.Tensor1D];
    return fusedLayerNorm(x, weight, bias, { eps: this.#epsilon, residual, dropout: drop });
  }

  namedParameters(): Map<string, tf.Variable> {
    return new Map([
      ['weight', this.weight],
      ['bias', this.bias],
    ]);
  }

  dispose(): void {
    this.weight.dispose();
    this.bias.dispose();
  }
}
