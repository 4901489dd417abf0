import { dropout as composedDropout } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import type { DropoutOptions } from '../options.js';

/** The twin of the fused dropout: the runtime's. */
export function dropout<T extends tf.Tensor>(x: T, { rate, stream }: DropoutOptions): T {
  return composedDropout(x, rate, stream);
}
