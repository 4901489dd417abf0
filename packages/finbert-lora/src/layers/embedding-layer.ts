import type { RandomStream } from '@fin/runtime';
import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { embedding } from '../ops/embedding.js';
import type { Part } from './container.js';

/** Shape of a fresh embedding table: rows of N(0, std). */
export interface EmbeddingLayerOptions {
  readonly entries: number;
  readonly size: number;
  readonly std: number;
  readonly init: RandomStream;
  /** Row that starts as zeros, as PyTorch's `padding_idx`. @default none */
  readonly zeroRow?: number;
}

/** `torch.nn.Embedding`: a row of a table for each id. */
export class EmbeddingLayer implements Part {
  /** [entries, size] */
  readonly weight: tf.Variable;

  constructor(path: string, { entries, size, std, init, zeroRow }: EmbeddingLayerOptions) {
    const drawn = init.normal([entries, size], 0, std);
    const value = zeroRow === undefined ? drawn : withZeroRow(drawn as tf.Tensor2D, zeroRow);
    this.weight = parameter(`${path}.weight`, value);
  }

  /** @param ids [n] int32 @returns [n, size] */
  forward(ids: tf.Tensor1D): tf.Tensor2D {
    return embedding(this.weight, ids);
  }

  namedParameters(): Map<string, tf.Variable> {
    return new Map([['weight', this.weight]]);
  }

  dispose(): void {
    this.weight.dispose();
  }
}

/** The table with one row set to zero, in its place: `table` is disposed. */
function withZeroRow(table: tf.Tensor2D, row: number): tf.Tensor2D {
  const keep = new Float32Array(table.shape[0]).fill(1);
  keep[row] = 0;
  return tf.tidy(() => {
    const value = tf.mul(table, tf.tensor2d(keep, [keep.length, 1]));
    table.dispose();
    return value as tf.Tensor2D;
  });
}
