import { castNative, hasNativeOps } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { ProfilerError } from './profile.js';

const SIZE = 1536;
const REPEATS = 5;

/**
 * Measures the speed of a large square matrix product, as this machine's peak. The best of five counts, because other load can only
 * slow it down.
 *
 * @param dtype dtype of the factors
 * @returns GFLOP/s
 * @throws {ProfilerError} on backends other than native TensorFlow
 */
export function measurePeak(dtype: 'float32' | 'bfloat16' = 'float32'): number {
  if (!hasNativeOps()) throw new ProfilerError('the peak can be measured on native TensorFlow only');
  return tf.tidy(() => {
    const wide = tf.ones([SIZE, SIZE]);
    const factor = dtype === 'float32' ? wide : castNative(wide, dtype);
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i <= REPEATS; i++) {
      const start = performance.now();
      tf.matMul(factor, factor).dispose();
      if (i > 0) best = Math.min(best, performance.now() - start); // the first one allocates
    }
    return (2 * SIZE ** 3) / best / 1e6;
  });
}
