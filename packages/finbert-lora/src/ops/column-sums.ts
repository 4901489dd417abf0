import { attr, hasNativeOps, nativeDType, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** Sum over the rows of a matrix: [rows, columns] -> [columns]. The gradient of whatever was broadcast over rows. */
export function columnSums(x: tf.Tensor2D): tf.Tensor1D {
  if (!hasNativeOps()) return tf.sum(x, 0);
  // Twice as fast as TensorFlow's Sum along that axis.
  return rawOp('BiasAddGrad', [x], { T: attr.type(nativeDType(x)) })[0] as tf.Tensor1D;
}
