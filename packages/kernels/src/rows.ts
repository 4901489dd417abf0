import { attr, hasNativeOps, nativeDType, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.js';

/**
 * The given rows of a matrix, as `torch.nn.functional.embedding`.
 *
 * The gradient is dense. It is summed straight into the matrix's shape, where `tf.gather`'s gradient would transpose the whole matrix
 * twice.
 *
 * @param x [rows, columns]
 * @param rows [n] int32, each below the number of rows
 * @returns [n, columns]
 */
export function selectRows(x: tf.Tensor2D, rows: tf.Tensor1D): tf.Tensor2D {
  const count = x.shape[0];
  return differentiable({
    inputs: { x },
    forward: (save) => {
      save([rows]);
      return gatherRows(x, rows);
    },
    gradients: (dy, [saved]) => ({ x: () => tf.unsortedSegmentSum(dy, saved as tf.Tensor1D, count) }),
  }) as tf.Tensor2D;
}

/** Like {@link selectRows}, but not differentiable: for use inside an op with a hand-written backward pass. */
export function gatherRows(x: tf.Tensor2D, rows: tf.Tensor1D): tf.Tensor2D {
  if (!hasNativeOps()) return tf.gather(x, rows);
  // tfjs's kernel reads the row numbers back to check them; TensorFlow checks them anyway.
  const axis = tf.scalar(0, 'int32');
  const types = {
    Tparams: attr.type(nativeDType(x)),
    Tindices: attr.type('int32'),
    Taxis: attr.type('int32'),
  };
  const [result] = rawOp('GatherV2', [x, rows, axis], { ...types, batch_dims: attr.int(0) });
  axis.dispose();
  return result as tf.Tensor2D;
}
