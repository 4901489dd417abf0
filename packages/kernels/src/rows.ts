import { attr, hasNativeOps, nativeDType, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.js';

/**
 * Embedding lookup: row `ids[i]` of the table for each i, as `torch.nn.functional.embedding`.
 *
 * The gradient is dense. It is summed straight into the table's shape, where `tf.gather`'s gradient would transpose the whole
 * table twice.
 *
 * @param table [rows, columns]
 * @param ids [n] int32, each below `rows`
 * @returns [n, columns]
 */
export function embedding(table: tf.Variable, ids: tf.Tensor1D): tf.Tensor2D {
  return selectRows(table as tf.Tensor as tf.Tensor2D, ids);
}

/**
 * The given rows of a matrix.
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
