import type * as tf from '@tensorflow/tfjs-core';
import { nativeHandleId, nodeBackend } from '../backend/node-backend.js';
import type { NativeDType } from '../dispatch/dtypes.js';
import { runtimeState } from '../state.js';

/** The dtype in which a tensor is stored. Differs from `tensor.dtype` for dtypes that tfjs cannot name: bfloat16, float16, int8, … */
export function nativeDType(tensor: tf.Tensor): NativeDType {
  const backend = nodeBackend();
  const id = backend && nativeHandleId(backend, tensor.dataId);
  const handle = id === null ? undefined : runtimeState().handles?.get(id);
  return handle?.dtype ?? tensor.dtype;
}
