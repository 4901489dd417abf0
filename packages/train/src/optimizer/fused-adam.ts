import { adamWScalars } from '@fin/kernels';
import { attr, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { AdamSlot, Moments } from './adam-slot.js';

/**
 * Adam with TensorFlow's `ResourceApplyAdam`, which updates weights and moments in one pass over memory. Native only.
 *
 * TensorFlow's op differs from torch: it has no decoupled decay (applied before it here), adds eps before the bias correction of v, and
 * computes 1 - beta in float32. The scalars passed to it compensate for the last two: see `adamWScalars` of `@fin/kernels`.
 */
export function fusedAdam(initial: Moments): AdamSlot {
  const { shape } = initial.expAvg;
  const resources: tf.Tensor[] = [];
  const freeAll = () => resources.splice(0).forEach(destroy);
  try {
    for (let i = 0; i < 3; i++) resources.push(makeResource(shape));
    assign(resources[1], initial.expAvg);
    assign(resources[2], initial.expAvgSq);
  } catch (error) {
    freeAll();
    throw error;
  }
  const [weightsVariable, expAvg, expAvgSq] = resources;

  return {
    update: (weights, gradient, settings) =>
      tf.tidy(() => {
        const { rate, eps, decay } = adamWScalars(settings);
        const { weightDecay, beta1, beta2 } = settings;
        const decayed = weightDecay === 0 ? weights : tf.mul(weights, decay);
        assign(weightsVariable, decayed);
        // Disposed first: the op works in place on a buffer without other references and copies any other.
        if (decayed !== weights) decayed.dispose();
        const zero = tf.scalar(0); // in place of beta1^t and beta2^t: `rate` and `eps` include the bias corrections
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
    dispose: freeAll,
  };
}

const FLOAT = attr.type('float32');
const APPLY_ATTRS = { T: FLOAT, use_locking: attr.bool(false), use_nesterov: attr.bool(false) };

let resourceCount = 0;

/** Creates a TensorFlow variable, which exists until {@link destroy}; the tensor is a handle to it. */
function makeResource(shape: number[]): tf.Tensor {
  const attrs = {
    dtype: FLOAT,
    shape: attr.shape(shape),
    container: attr.string(''),
    shared_name: attr.string(`fin-train-${resourceCount++}`),
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
