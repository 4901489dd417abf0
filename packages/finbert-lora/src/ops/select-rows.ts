import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.js';
import { gatherRows } from './gather-rows.js';

/**
 * Some rows of a matrix.
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
