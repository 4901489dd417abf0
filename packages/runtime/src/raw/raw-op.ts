import * as tf from '@tensorflow/tfjs-core';
import { nodeBackend } from '../backend/node-backend.js';
import type { Attrs } from '../dispatch/attributes.js';
import { attrList } from '../dispatch/attributes.js';
import { RawOpError } from '../errors.js';
import { runtimeState } from '../state.js';
import { checkCall } from './check-call.js';

/**
 * Calls a TensorFlow op by name, through the dispatch chain. The caller owns the outputs, or the enclosing `tf.tidy` does. Not
 * differentiable: wrap it in `tf.customGrad`.
 *
 * The binding cannot call ops with an input list of mixed dtypes, or with a list of strings as attribute.
 *
 * @param op name in TensorFlow's op registry, such as `BlockLSTMV2`
 * @param attrs made by `attr`. Attributes with a default, or that follow from the inputs, may be omitted; if a dtype is named,
 *   the call is checked against the op's signature
 * @param nOutputs number of outputs; fewer than the op has is an error. @default 1
 * @throws RawOpError with TensorFlow's message if it refuses the call, or if the current backend is not the native one
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
