import * as tf from '@tensorflow/tfjs-core';
import type { SuppliedKernel } from '../types.js';

/** The backend's own takes every element for four bytes long, and a bool has one. */
export const select: SuppliedKernel = {
  kernelName: 'Select',
  make: (original) => (args) => {
    const { condition, t, e } = args.inputs as { condition: tf.Tensor; t: tf.Tensor; e: tf.Tensor };
    if (t.dtype !== 'bool') return original!(args);
    return tf.tidy(() => {
      const [whenTrue, whenFalse] = [tf.cast(t, 'int32'), tf.cast(e, 'int32')];
      const whole = original!({ ...args, inputs: { condition, t: whenTrue, e: whenFalse } }) as tf.TensorInfo;
      return tf.cast(tf.engine().makeTensorFromTensorInfo(whole), 'bool');
    });
  },
};
