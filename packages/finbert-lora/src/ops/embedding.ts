import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.js';
import { gatherRows } from './gather-rows.js';

/**
 * Row `ids[i]` of the table for each i.
 *
 * The gradient is dense, one sum per row of the table; it goes straight into that shape, where `tf.gather`'s own transposes
 * the whole table twice.
 *
 * @param table [rows, width]
 * @param ids [n] int32, each below `rows`
 * @returns [n, width]
 */
export function embedding(table: tf.Variable, ids: tf.Tensor1D): tf.Tensor2D {
  return differentiable({
    inputs: { table },
    forward: (save) => {
      save([ids]);
      return gatherRows(table, ids);
    },
    gradients: (dy, [savedIds]) => ({
      table: () => tf.unsortedSegmentSum(dy, savedIds as tf.Tensor1D, table.shape[0]),
    }),
  }) as tf.Tensor2D;
}
