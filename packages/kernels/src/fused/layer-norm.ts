import { attr, rawOp } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import type { LayerNormInputs } from '../inputs/layer-norm-inputs.js';
import { differentiable } from './differentiable.js';
import { dropoutInputs } from './draw-seed.js';
import type { StorageDType } from './tensors.js';
import { inDType, noTensor, trains } from './tensors.js';

/**
 * `FinLayerNorm`. What is kept for the backward pass are the inputs themselves, one mean and one deviation for each row, and the
 * seed of the dropout; the sum and what fell are computed again.
 */
export function layerNorm(inputs: LayerNormInputs, dtype: StorageDType): tf.Tensor2D {
  const { eps, dropout } = inputs;
  const x = inDType(inputs.x, dtype);
  const residual = inputs.residual && inDType(inputs.residual, dtype);
  const bias = inputs.bias && inDType(inputs.bias, 'float32');
  const gamma = inDType(inputs.gamma, 'float32');
  const beta = inDType(inputs.beta, 'float32');
  const { seed, attrs } = dropoutInputs(dropout);
  const types = { T: attr.type(dtype), R: attr.type(residual ? dtype : 'float32'), ...attrs };
  const drops = attrs.rate.value !== 0;
  const paramGrad = trains(inputs.gamma) || trains(inputs.beta);
  const biasGrad = trains(inputs.bias);

  const backward = (dy: tf.Tensor, saved: tf.Tensor[], params: boolean, biases: boolean) =>
    rawOp(
      'FinLayerNormGrad',
      [inDType(dy, dtype), ...saved],
      { ...types, param_grad: attr.bool(params), bias_grad: attr.bool(biases) },
      5,
    );
  return differentiable({
    inputs: { x, gamma, beta, ...(residual && { residual }), ...(bias && { bias }) },
    forward: (save) => {
      const before = [x, bias ?? noTensor('float32'), residual ?? noTensor('float32'), gamma];
      const attributes = { ...types, epsilon: attr.float(eps) };
      const [y, mean, rstd] = rawOp('FinLayerNorm', [...before, beta, seed], attributes, 3);
      save([...before, mean, rstd, seed]);
      return y;
    },
    gradients: (dy, saved) => {
      const [dz, dx, dgamma, dbeta, dbias] = backward(dy, saved, paramGrad, biasGrad);
      return {
        x: () => (drops ? dx : dz),
        residual: () => dz,
        gamma: () => (paramGrad ? dgamma : backward(dy, saved, true, false)[2]),
        beta: () => (paramGrad ? dbeta : backward(dy, saved, true, false)[3]),
        bias: () => (biasGrad ? dbias : backward(dy, saved, false, true)[4]),
      };
    },
  }) as tf.Tensor2D;
}
