import { attr, castNative, hasNativeOps, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { ProfilerError } from './profile.js';

const SIZE = 1536;

/** Products are repeated for this time, at least three times: on a machine with other load, few of them run undisturbed. */
const MILLISECONDS = 400;
const REPEATS = 3;

/**
 * Measures the speed of a large square matrix product, as this machine's peak. The best of those that fit into
 * 0.4 s counts, because other load can only slow it down; under heavy load even that one is too slow.
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
    // Not tf.matMul, which would ask for float32 and have the factors widened.
    const attrs = { T: attr.type(dtype), transpose_a: attr.bool(false), transpose_b: attr.bool(false) };
    let best = Number.POSITIVE_INFINITY;
    const begun = performance.now();
    for (let i = 0; i <= REPEATS || performance.now() - begun < MILLISECONDS; i++) {
      const start = performance.now();
      rawOp('MatMul', [factor, factor], attrs)[0].dispose();
      if (i > 0) best = Math.min(best, performance.now() - start); // the first one allocates
    }
    return (2 * SIZE ** 3) / best / 1e6;
  });
}
