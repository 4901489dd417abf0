import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { Attrs } from '../../src/index.js';
import {
  attr,
  castNative,
  hasNativeOps,
  isInputDTypeError,
  isMissingKernelError,
  RawOpError,
  rawOp,
} from '../../src/index.js';

function errorOf(op: string, inputs: tf.Tensor[], attrs: Attrs): unknown {
  try {
    rawOp(op, inputs, attrs);
  } catch (error) {
    return error;
  }
  throw new Error(`${op} did not fail`);
}

/** TensorFlow's own words; to provoke them takes 10 seconds, because its allocator waits for memory. */
const OUT_OF_MEMORY =
  'Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[1073741824,4096] and type float on ' +
  '/job:localhost/replica:0/task:0/device:CPU:0 by allocator mklcpu';

describe.runIf(hasNativeOps())('errors of native ops', () => {
  const bfloat16 = () => castNative(tf.ones([2, 2]), 'bfloat16');
  const T = { T: attr.type('bfloat16') };

  it.each<[string, () => unknown, { kernel: boolean; dtype: boolean }]>([
    ['an op without a kernel', () => errorOf('Erfinv', [bfloat16()], T), { kernel: true, dtype: false }],
    ['a dtype not allowed', () => errorOf('Cholesky', [bfloat16()], T), { kernel: true, dtype: false }],
    [
      'an input of another dtype',
      () => errorOf('AddV2', [bfloat16(), tf.ones([2, 2])], T),
      { kernel: false, dtype: true },
    ],
    [
      'wrong shapes',
      () => errorOf('MatMul', [bfloat16(), castNative(tf.ones([3, 3]), 'bfloat16')], T),
      { kernel: false, dtype: false },
    ],
    ['no memory left', () => new RawOpError('Fill', OUT_OF_MEMORY), { kernel: false, dtype: false }],
    ['an unknown op', () => errorOf('NoSuchOp', [bfloat16()], T), { kernel: false, dtype: false }],
  ])('%s', (_name, fail, expected) => {
    const error = tf.tidy(() => fail() as tf.TensorContainer);
    expect({ kernel: isMissingKernelError(error), dtype: isInputDTypeError(error) }).toEqual(expected);
  });
});
