import { attr, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { AdamSettings, AdamSlot, Moments } from './adam-kernel.js';

/**
 * Adam by TensorFlow's `ResourceApplyAdam`, which reads and writes weights and moments in one pass over memory. Native only.
 *
 * TensorFlow's op has no decoupled decay (done before it, as torch does), divides by sqrt(v) + eps without correcting the bias
 * of v first, and computes 1 - beta in float32. All three are absorbed by the two scalars that it is given: see {@link scalars}.
 */
export function fusedAdam(initial: Moments): AdamSlot {
  const { shape } = initial.expAvg;
  const weightsVariable = makeResource(shape);
  const expAvg = makeResource(shape);
  const expAvgSq = makeResource(shape);
  assign(expAvg, initial.expAvg);
  assign(expAvgSq, initial.expAvgSq);

  return {
    update: (weights, gradient, settings) =>
      tf.tidy(() => {
        const { rate, eps } = scalars(settings);
        const { learningRate, weightDecay, beta1, beta2 } = settings;
        const decayed = weightDecay === 0 ? weights : tf.mul(weights, 1 - learningRate * weightDecay);
        assign(weightsVariable, decayed);
        // Let go of it first: the op works in place on a buffer that nobody else holds, and copies one that somebody does.
        if (decayed !== weights) decayed.dispose();
        const zero = tf.scalar(0); // beta1^t and beta2^t, whose corrections are in `rate` and `eps` already
        rawOp(
          'ResourceApplyAdam',
          [
            weightsVariable,
            expAvg,
            expAvgSq,
            zero,
            zero,
            tf.scalar(rate),
            tf.scalar(beta1),
            tf.scalar(beta2),
            tf.scalar(eps),
            gradient,
          ],
          APPLY_ATTRS,
          0,
        );
        return read(weightsVariable);
      }),
    moments: () => ({ expAvg: read(expAvg), expAvgSq: read(expAvgSq) }),
    dispose: () => [weightsVariable, expAvg, expAvgSq].forEach(destroy),
  };
}

const FLOAT = attr.type('float32');
const APPLY_ATTRS = { T: FLOAT, use_locking: attr.bool(false), use_nesterov: attr.bool(false) };

/**
 * The learning rate and epsilon with which TensorFlow's `w -= rate * m / (sqrt(v) + eps)` is torch's
 * `w -= lr / bc1 * m / (sqrt(v / bc2) + eps)`, where bc = 1 - beta^step.
 *
 * The moments grow by 1 - beta in float32 there, which for 0.999 is off by 1.3e-5 of itself; they come out that much too large
 * or too small throughout, so it is divided out here too.
 */
function scalars({ learningRate, beta1, beta2, eps, step }: AdamSettings): { rate: number; eps: number } {
  const scale1 = (1 - beta1) / (1 - Math.fround(beta1));
  const scale2 = (1 - beta2) / (1 - Math.fround(beta2));
  const correction2 = Math.sqrt((1 - beta2 ** step) / scale2);
  return {
    rate: (learningRate * scale1 * correction2) / (1 - beta1 ** step),
    eps: eps * correction2,
  };
}

let resources = 0;

/** A TensorFlow variable, which belongs to the process until {@link destroy}; the tensor is a handle to it. */
function makeResource(shape: number[]): tf.Tensor {
  const attrs = {
    dtype: FLOAT,
    shape: attr.shape(shape),
    container: attr.string(''),
    shared_name: attr.string(`fin-train-${resources++}`),
  };
  return tf.keep(rawOp('VarHandleOp', [], attrs)[0]);
}

function assign(resource: tf.Tensor, value: tf.Tensor): void {
  rawOp('AssignVariableOp', [resource, value], { dtype: FLOAT }, 0);
}

function read(resource: tf.Tensor): tf.Tensor {
  return rawOp('ReadVariableOp', [resource], { dtype: FLOAT })[0];
}

function destroy(resource: tf.Tensor): void {
  rawOp('DestroyResourceOp', [resource], { ignore_lookup_error: attr.bool(true) }, 0);
  resource.dispose();
}
