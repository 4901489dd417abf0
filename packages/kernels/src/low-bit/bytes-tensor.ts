import { castNative } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** @returns uint8 [bytes], on native TensorFlow */
export function bytesTensor(bytes: Uint8Array): tf.Tensor {
  const numbers = tf.tensor1d(Int32Array.from(bytes), 'int32');
  try {
    return castNative(numbers, 'uint8');
  } finally {
    numbers.dispose();
  }
}
