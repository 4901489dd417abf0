import * as tf from '@tensorflow/tfjs-core';
import type { SuppliedKernel } from '../types.js';

/** The backend's own takes float32 only. Whole numbers below 2^24 come out exact. */
export const batchMatMul: SuppliedKernel = {
  kernelName: 'BatchMatMul',
  make: (original) => (args) => {
    const { a, b } = args.inputs as { a: tf.Tensor; b: tf.Tensor };
    if (a.dtype !== 'int32' || b.dtype !== 'int32') return original!(args);
    return tf.tidy(() => {
      const inputs = { a: tf.cast(a, 'float32'), b: tf.cast(b, 'float32') };
      const product = original!({ ...args, inputs }) as tf.TensorInfo;
      return tf.cast(tf.engine().makeTensorFromTensorInfo(product), 'int32');
    });
  },
};
