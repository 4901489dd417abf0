import { attr, rawOp } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.js';
import type { StorageDType } from './tensors.js';
import { inDType, noTensor, trains } from './tensors.js';

/** `FinGelu` on an x of that dtype; the backward pass computes everything again from x and bias. */
export function gelu(x: tf.Tensor, bias: tf.Tensor1D | null, dtype: StorageDType): tf.Tensor {
  const T = attr.type(dtype);
  const wide = bias && inDType(bias, 'float32');
  const sums = trains(bias);
  const backward = (dy: tf.Tensor, [x, bias]: tf.Tensor[], withSums: boolean) =>
    rawOp('FinGeluGrad', [inDType(dy, dtype), x, bias], { T, bias_grad: attr.bool(withSums) }, 2);
  return differentiable({
    inputs: wide ? { x, bias: wide } : { x },
    forward: (save) => {
      const inputs = [x, wide ?? noTensor('float32')];
      save(inputs);
      return rawOp('FinGelu', inputs, { T })[0];
    },
    gradients: (dy, saved) => {
      const [dx, dbias] = backward(dy, saved, sums);
      return { x: () => dx, bias: () => (sums ? dbias : backward(dy, saved, true)[1]) };
    },
  });
}
