import * as tf from '@tensorflow/tfjs-core';
import { HeldShapeError } from '../errors.js';

/** Stands in for a tensor of which only the shape will be read: a `tf.Tensor` to tfjs, with no data and nothing to dispose. */
export class HeldShape {
  readonly shape: readonly number[];
  readonly size: number;
  readonly dtype: tf.DataType;

  constructor({ shape, size, dtype }: tf.Tensor) {
    this.shape = shape;
    this.size = size;
    this.dtype = dtype;
  }

  get dataId(): never {
    throw new HeldShapeError();
  }

  dispose(): void {}
}

Object.setPrototypeOf(HeldShape.prototype, tf.Tensor.prototype);
