import { attr, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.js';
import { expectInput } from './errors.js';
import { addBias, biasGradient } from './linear.js';
import { usesFusedOps } from './state.js';
import type { StorageDType } from './storage.js';
import { inDType, noTensor, storageDType, trains } from './storage.js';

/**
 * Exact GELU of `x + bias`: v Φ(v), where Φ is the normal distribution function (Hendrycks and Gimpel, 2016), as
 * `torch.nn.GELU()`. Differentiable with respect to both inputs. The gradient of a frozen bias (a `tf.Variable` that is not
 * trainable) is not computed.
 *
 * In float32 the result and all gradients have the same bits as with the bias added before by `linear`.
 *
 * @param x any shape, float32 or native bfloat16; the result has its shape and dtype
 * @param bias [columns of x], added to each row
 * @throws KernelInputError if the bias does not match x
 */
export function gelu<T extends tf.Tensor>(x: T, bias: tf.Tensor1D | null = null): T {
  checkBias('gelu', x, bias);
  const dtype = usesFusedOps() ? storageDType([x]) : null;
  return dtype === null ? composedGelu(x, bias) : tf.tidy(() => fusedGelu(x, bias, dtype) as T);
}

const INVERSE_SQRT_2PI = 1 / Math.sqrt(2 * Math.PI);

/** Composed twin of {@link gelu}. Its derivative Φ(v) + v φ(v) is written by hand. */
export function composedGelu<T extends tf.Tensor>(x: T, bias: tf.Tensor1D | null = null): T {
  checkBias('gelu', x, bias);
  return tf.tidy(() => {
    const biased = bias ? addBias(x, bias) : x;
    return differentiable({
      inputs: { x: biased },
      forward: (save) => {
        const distribution = tf.add(tf.mul(tf.erf(tf.mul(biased, Math.SQRT1_2)), 0.5), 0.5);
        save([biased, distribution]);
        return tf.mul(biased, distribution);
      },
      gradients: (dy, [v, distribution]) => ({
        x: () => {
          const density = tf.mul(tf.exp(tf.mul(tf.square(v), -0.5)), INVERSE_SQRT_2PI);
          return tf.mul(dy, tf.add(distribution, tf.mul(v, density)));
        },
      }),
    }) as T;
  });
}

/** `FinGelu`. The backward pass recomputes everything from x and bias. */
function fusedGelu(x: tf.Tensor, bias: tf.Tensor1D | null, dtype: StorageDType): tf.Tensor {
  const T = attr.type(dtype);
  const wide = bias && inDType(bias, 'float32');
  const sums = dtype === 'bfloat16' && trains(bias);
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
      const biasGrad = () => {
        // Summed by TensorFlow, in the order it has for a separate bias.
        if (dtype === 'float32') return biasGradient(dx);
        return sums ? dbias : backward(dy, saved, true)[1];
      };
      return { x: () => dx, bias: biasGrad };
    },
  });
}

/**
 * GELU of `x + bias` by its tanh approximation, as `torch.nn.GELU(approximate='tanh')`; transformers' `gelu_new` and
 * `gelu_pytorch_tanh`. Composed of TensorFlow's ops everywhere.
 *
 * @param bias [columns of x], added to each row
 * @throws KernelInputError if the bias does not match x
 */
export function geluTanh<T extends tf.Tensor>(x: T, bias: tf.Tensor1D | null = null): T {
  checkBias('geluTanh', x, bias);
  return tf.tidy(() => {
    const v = bias ? addBias(x, bias) : x;
    const cubic = tf.mul(tf.add(v, tf.mul(tf.mul(tf.square(v), v), 0.044715)), Math.sqrt(2 / Math.PI));
    return tf.mul(tf.mul(v, 0.5), tf.add(tf.tanh(cubic), 1));
  });
}

/**
 * `max(x + bias, 0)`, as `torch.nn.ReLU()`. Composed of TensorFlow's ops everywhere.
 *
 * @param bias [columns of x], added to each row
 * @throws KernelInputError if the bias does not match x
 */
export function relu<T extends tf.Tensor>(x: T, bias: tf.Tensor1D | null = null): T {
  checkBias('relu', x, bias);
  return tf.tidy(() => tf.relu(bias ? addBias(x, bias) : x));
}

function checkBias(op: string, x: tf.Tensor, bias: tf.Tensor1D | null): void {
  expectInput(
    bias === null || (bias.rank === 1 && bias.shape[0] === x.shape.at(-1)),
    () => `${op}: a bias of the shape [${bias?.shape}] cannot be added to the rows of [${x.shape}]`,
  );
}
