import * as tf from '@tensorflow/tfjs-core';
import type { SuppliedKernel } from '../types.js';

/** The backend's own writes the bits of int32 numbers whatever dtype it was asked for. */
export const oneHot: SuppliedKernel = {
  kernelName: 'OneHot',
  make: (original) => (args) => {
    const { dtype } = args.attrs as unknown as { dtype: tf.DataType };
    if (dtype === 'int32') return original!(args);
    return tf.tidy(() => {
      const whole = original!({ ...args, attrs: { ...args.attrs, dtype: 'int32' } }) as tf.TensorInfo;
      return tf.cast(tf.engine().makeTensorFromTensorInfo(whole), dtype);
    });
  },
};
