import * as tf from '@tensorflow/tfjs-core';
import { runtimeState } from '../state.js';

/** Whether TensorFlow's own ops can be called (`rawOp`): true while the native backend is tfjs's current one. */
export function hasNativeOps(): boolean {
  return runtimeState().handles !== null && tf.getBackend() === 'tensorflow';
}
