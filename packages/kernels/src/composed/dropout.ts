import { dropout as composedDropout } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import type { DropoutOptions } from '../inputs/dropout-options.js';
import { checkDropout } from '../inputs/dropout-options.js';

/** The twin of the fused dropout: the runtime's. */
export function dropout<T extends tf.Tensor>(x: T, options: DropoutOptions): T {
  checkDropout('dropout', options);
  return composedDropout(x, options.rate, options.stream);
}
