import { attr, rawOp } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import type { DropoutOptions } from '../inputs/dropout-options.js';
import { differentiable } from './differentiable.js';
import { dropoutInputs } from './draw-seed.js';
import type { StorageDType } from './tensors.js';
import { inDType } from './tensors.js';

/** `FinDropout` on a tensor of that dtype; the backward pass draws the same elements again, so that nothing but the seed is kept. */
export function dropout(x: tf.Tensor, options: DropoutOptions, dtype: StorageDType): tf.Tensor {
  const { seed, attrs } = dropoutInputs(options);
  const apply = (from: tf.Tensor, seed: tf.Tensor) =>
    rawOp('FinDropout', [from, seed], { T: attr.type(dtype), ...attrs })[0];
  return differentiable({
    inputs: { x },
    forward: (save) => {
      save([seed]);
      return apply(x, seed);
    },
    gradients: (dy, [seed]) => ({ x: () => apply(inDType(dy, dtype), seed) }),
  });
}
