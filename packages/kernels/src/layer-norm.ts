import type { AttrValue } from '@fin/runtime';
import { attr, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.js';
import type { DropoutOptions } from './dropout.js';
import { checkDropout, composedDropout, dropoutInputs } from './dropout.js';
import { expectInput } from './errors.js';
import { addBias, biasGradient, columnSums } from './linear.js';
import { usesFusedOps } from './state.js';
import type { StorageDType } from './storage.js';
import { inDType, noTensor, storageDType, trains } from './storage.js';

export interface LayerNormOptions {
  /** Added to the variance. @default 1e-5, as in PyTorch; BERT uses 1e-12 */
  readonly eps?: number;
  /** [rows, columns], added to x before the norm. @default none */
  readonly residual?: tf.Tensor2D | null;
  /** [columns], added to each row of x before the dropout. @default none */
  readonly bias?: tf.Tensor1D | null;
  /** Applied to `x + bias`, before the residual is added. @default none */
  readonly dropout?: DropoutOptions | null;
}

/**
 * The end of a post-norm transformer sublayer, `LN(dropout(x + bias) + residual)`. Without options, a plain layer norm over the
 * last axis (Ba, Kiros and Hinton, 2016), as `torch.nn.functional.layer_norm`. Differentiable with respect to every tensor. The
 * gradients of frozen parameters (variables that are not trainable) are not computed.
 *
 * In float32 the result and all gradients have the same bits as with the bias added before by `linear`.
 *
 * @param x [rows, columns], float32 or native bfloat16; mean and variance are computed in float32
 * @param gamma [columns], the weight
 * @param beta [columns], added after the norm
 * @returns [rows, columns]
 * @throws KernelInputError if shapes do not match or the dropout rate is not in [0, 1)
 */
export function layerNorm(
  x: tf.Tensor2D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  options: LayerNormOptions = {},
): tf.Tensor2D {
  const inputs = layerNormInputs(x, gamma, beta, options);
  const dtype = usesFusedOps() ? storageDType([x, inputs.residual]) : null;
  return tf.tidy(() => (dtype === null ? compose(inputs) : fuse(inputs, dtype)));
}

/** Composed twin of {@link layerNorm}. */
export function composedLayerNorm(
  x: tf.Tensor2D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  options: LayerNormOptions = {},
): tf.Tensor2D {
  return tf.tidy(() => compose(layerNormInputs(x, gamma, beta, options)));
}

interface LayerNormInputs extends Required<LayerNormOptions> {
  readonly x: tf.Tensor2D;
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
}

function layerNormInputs(
  x: tf.Tensor2D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { eps = 1e-5, residual = null, bias = null, dropout = null }: LayerNormOptions,
): LayerNormInputs {
  expectInput(x.rank === 2, () => `layerNorm: x must be [rows, columns], not [${x.shape}]`);
  const [rows, columns] = x.shape;
  const vectors = { gamma, beta, ...(bias && { bias }) };
  for (const [name, vector] of Object.entries(vectors)) {
    expectInput(
      vector.rank === 1 && vector.shape[0] === columns,
      () => `layerNorm: ${name} has the shape [${vector.shape}], but x has ${columns} columns`,
    );
  }
  expectInput(
    residual === null || (residual.rank === 2 && residual.shape[0] === rows && residual.shape[1] === columns),
    () => `layerNorm: residual has the shape [${residual?.shape}], but x has [${x.shape}]`,
  );
  checkDropout('layerNorm', dropout);
  return { x, gamma, beta, eps, residual, bias, dropout };
}

function compose({ x, gamma, beta, eps, residual, bias, dropout }: LayerNormInputs): tf.Tensor2D {
  const biased = bias ? addBias(x, bias) : x;
  const dropped = dropout && dropout.rate > 0 ? composedDropout(biased, dropout) : biased;
  return normalize(residual ? tf.add(residual, dropped) : dropped, gamma, beta, eps);
}

/**
 * The norm with a hand-written backward pass: with n the normalized row, σ its standard deviation and g = dy·gamma,
 * dz = (g - mean(g) - n mean(g n)) / σ.
 */
function normalize(z: tf.Tensor2D, gamma: tf.Tensor1D, beta: tf.Tensor1D, eps: number): tf.Tensor2D {
  return differentiable({
    inputs: { z, gamma, beta },
    forward: (save) => {
      const centred = tf.sub(z, tf.mean(z, 1, true));
      const variance = tf.mean(tf.square(centred), 1, true); // [rows, 1]
      const inverseDeviation = tf.rsqrt(tf.add(variance, eps));
      const normalized = tf.mul(centred, inverseDeviation);
      save([normalized, inverseDeviation]);
      return tf.add(tf.mul(normalized, gamma), beta);
    },
    gradients: (dy, [normalized, inverseDeviation]) => ({
      z: () => {
        const g = tf.mul(dy, gamma);
        const mean = tf.mean(g, 1, true); // [rows, 1]
        const projection = tf.mean(tf.mul(g, normalized), 1, true); // [rows, 1]
        return tf.mul(tf.sub(tf.sub(g, mean), tf.mul(normalized, projection)), inverseDeviation);
      },
      gamma: () => columnSums(tf.mul(dy, normalized)),
      beta: () => columnSums(dy as tf.Tensor2D),
    }),
  }) as tf.Tensor2D;
}

/** Gradients of a plain layer norm, `FinLayerNorm` or part of another op, from what its forward pass knows. */
export function layerNormGradients(
  dy: tf.Tensor,
  { x, gamma, mean, rstd }: Readonly<Record<'x' | 'gamma' | 'mean' | 'rstd', tf.Tensor>>,
  dtype: StorageDType,
): { readonly dz: tf.Tensor; readonly dgamma: tf.Tensor; readonly dbeta: tf.Tensor } {
  const { seed, attrs } = dropoutInputs(null);
  const none = noTensor('float32');
  const saved = [x, none, none, gamma, mean, rstd, seed];
  const types = { T: attr.type(dtype), R: attr.type('float32'), ...attrs };
  const [dz, , dgamma, dbeta] = rawGradients(inDType(dy, dtype), saved, types, true, false);
  return { dz, dgamma, dbeta };
}

/** `FinLayerNormGrad`: gradients of residual, x, gamma, beta and bias. */
function rawGradients(
  dy: tf.Tensor,
  saved: readonly tf.Tensor[],
  types: Readonly<Record<string, AttrValue>>,
  params: boolean,
  biases: boolean,
): tf.Tensor[] {
  const attributes = { ...types, param_grad: attr.bool(params), bias_grad: attr.bool(biases) };
  return rawOp('FinLayerNormGrad', [dy, ...saved], attributes, 5);
}

/**
 * `FinLayerNorm`. Saves its inputs, mean and inverse deviation of each row, and the dropout's seed. The backward pass recomputes
 * the sum and the dropout mask.
 */
function fuse(inputs: LayerNormInputs, dtype: StorageDType): tf.Tensor2D {
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
  const biasSums = dtype === 'bfloat16' && trains(inputs.bias);

  const backward = (dy: tf.Tensor, saved: tf.Tensor[], params: boolean, biases: boolean) =>
    rawGradients(inDType(dy, dtype), saved, types, params, biases);
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
      const [dz, dropped, dgamma, dbeta, dbias] = backward(dy, saved, paramGrad, biasSums);
      const dx = drops ? dropped : dz;
      const biasGrad = () => {
        // Summed by TensorFlow, in the order it has for a separate bias.
        if (dtype === 'float32') return biasGradient(dx);
        return biasSums ? dbias : backward(dy, saved, false, true)[4];
      };
      return {
        x: () => dx,
        residual: () => dz,
        gamma: () => (paramGrad ? dgamma : backward(dy, saved, true, false)[2]),
        beta: () => (paramGrad ? dbeta : backward(dy, saved, true, false)[3]),
        bias: biasGrad,
      };
    },
  }) as tf.Tensor2D;
}
