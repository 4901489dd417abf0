import { attr, hasNativeOps, nativeDType, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** Rows of a matrix by their numbers, which the caller has checked. Not differentiable by itself. */
export function gatherRows(table: tf.Tensor, rows: tf.Tensor1D): tf.Tensor2D {
  if (!hasNativeOps()) return tf.gather(table as tf.Tensor2D, rows);
  // tfjs's kernel reads the row numbers back to look at each; TensorFlow checks them anyway.
  const axis = tf.scalar(0, 'int32');
  const types = {
    Tparams: attr.type(nativeDType(table)),
    Tindices: attr.type('int32'),
    Taxis: attr.type('int32'),
  };
  const [result] = rawOp('GatherV2', [table, rows, axis], { ...types, batch_dims: attr.int(0) });
  axis.dispose();
  return result as tf.Tensor2D;
}
