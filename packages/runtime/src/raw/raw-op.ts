import * as tf from '@tensorflow/tfjs-core';
import { nodeBackend } from '../backend/node-backend.js';
import type { Attrs } from '../dispatch/attributes.js';
import { attrList } from '../dispatch/attributes.js';
import { RawOpError } from '../errors.js';
import { runtimeState } from '../state.js';
import { checkCall } from './check-call.js';

/**
 * Calls any TensorFlow op by its name, through the dispatch chain. Inputs stay the caller's; outputs belong to the caller, or
 * to the enclosing `tf.tidy`. Not differentiable by itself: wrap it in `tf.customGrad`.
 *
 * Two kinds of op the binding cannot call: those with an input list of differing dtypes, and those with a list of strings as
 * attribute.
 *
 * @param op name as in TensorFlow's op registry, such as `BlockLSTMV2`
 * @param attrs made by `attr`. Those that TensorFlow can infer from the inputs, or has a default for, may be left out; naming the
 *   dtype all the same has the call checked (`checkCall`)
 * @param nOutputs number of outputs; fewer than the op has is an error
 * @throws RawOpError with TensorFlow's own message when it refuses, or when the current backend is not the native one
 */
export function rawOp(op: string, inputs: readonly tf.Tensor[], attrs: Attrs, nOutputs = 1): tf.Tensor[] {
  const backend = nodeBackend();
  if (!backend) {
    throw new RawOpError(op, `raw ops need the native backend, and the current one is "${tf.getBackend()}".`);
  }
  checkCall(runtimeState().handles!.binding, op, inputs.length, attrs);
  try {
    return backend.executeMultipleOutputs(op, attrList(attrs), inputs, nOutputs);
  } catch (error) {
    throw new RawOpError(op, error instanceof Error ? error.message : String(error), { cause: error });
  }
}
