import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { layerNorm } from '../ops/layer-norm.js';
import type { Part } from './container.js';

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
