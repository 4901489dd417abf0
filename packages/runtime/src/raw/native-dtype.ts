import * as tf from '@tensorflow/tfjs-core';
import { hasNativeOps } from '../backend/has-native-ops.js';
import type { NodeBackend } from '../backend/node-backend.js';
import type { NativeDType } from '../dispatch/dtypes.js';
import { runtimeState } from '../state.js';

/** The dtype in which a tensor is stored. Differs from `tensor.dtype` where tfjs has no name for it: bfloat16, float16, int8, … */
export function nativeDType(tensor: tf.Tensor): NativeDType {
  if (!hasNativeOps()) return tensor.dtype;
  const { tensorMap } = tf.backend() as NodeBackend;
  if (!tensorMap.has(tensor.dataId)) return tensor.dtype;
  const handle = runtimeState().handles?.get(tensorMap.get(tensor.dataId).id);
  return handle?.dtype ?? tensor.dtype;
}
