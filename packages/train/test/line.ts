import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** y = 2 x0 - 3 x1 + 1 */
const inputs = Array.from({ length: 20 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
const targets = inputs.map(([a, b]) => 2 * a - 3 * b + 1);

export interface LineBatch {
  readonly x: tf.Tensor2D;
  readonly y: tf.Tensor1D;
  readonly indices: number[];
}

/** Twenty points on a plane. */
export const lineData = {
  size: inputs.length,
  batch: (indices: Int32Array): LineBatch => ({
    x: tf.tensor2d([...indices].map((i) => inputs[i])),
    y: tf.tensor1d([...indices].map((i) => targets[i])),
    indices: [...indices],
  }),
};

/** The smallest model there is. */
export class Line {
  readonly weight: tf.Variable = parameter('weight', tf.zeros([2, 1]));
  readonly bias: tf.Variable = parameter('bias', tf.zeros([1]));

  namedParameters(): Map<string, tf.Variable> {
    return new Map([
      ['weight', this.weight],
      ['bias', this.bias],
    ]);
  }

  loss({ x, y }: LineBatch): tf.Scalar {
    const out = tf.add(tf.matMul(x, this.weight as unknown as tf.Tensor2D), this.bias);
    return tf.mean(tf.squaredDifference(tf.reshape(out, [-1]), y)) as tf.Scalar;
  }

  values(): number[] {
    return [...this.weight.dataSync(), ...this.bias.dataSync()];
  }

  dispose(): void {
    tf.dispose([this.weight, this.bias]);
  }
}
