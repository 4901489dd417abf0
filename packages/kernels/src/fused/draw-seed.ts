import type { Attr, Interceptor, RandomStream } from '@fin/runtime';
import { attr, installInterceptor } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import type { DropoutOptions } from '../inputs/dropout-options.js';
import { noTensor } from './tensors.js';

/** What the fused ops take of dropout: the seed of one draw and two attributes. */
export interface DropoutInputs {
  /** [2, 2] int32, or without elements where nothing is dropped */
  readonly seed: tf.Tensor;
  readonly attrs: {
    readonly rate: ReturnType<typeof attr.float>;
    readonly keep_scale: ReturnType<typeof attr.float>;
  };
}

/** Draws once from the stream unless nothing is to be dropped. */
export function dropoutInputs(dropout: DropoutOptions | null): DropoutInputs {
  const rate = dropout?.rate ?? 0;
  const attrs = { rate: attr.float(rate), keep_scale: attr.float(1 / (1 - rate)) };
  return { seed: dropout && rate > 0 ? drawSeed(dropout.stream) : noTensor('int32'), attrs };
}

const BITCAST: readonly Attr[] = [
  { name: 'T', ...attr.type('int64') },
  { name: 'type', ...attr.type('int32') },
];

/**
 * The seed of the stream's next draw as four words, [2, 2], on the device. The stream advances by that draw, and the fused ops
 * drop the elements that `dropout` of @fin/runtime would drop with it.
 *
 * A stream tells nobody its key. So it is asked for uniform numbers, and where it calls TensorFlow's stateless generator, the
 * seed is taken instead of the numbers.
 */
export function drawSeed(stream: RandomStream): tf.Tensor {
  const tap = installInterceptor('@fin/kernels: seed of a draw', seedInsteadOfNumbers);
  try {
    return stream.uniform([2, 2]);
  } finally {
    tap.remove();
  }
}

const seedInsteadOfNumbers: Interceptor = (call, next) => {
  if (call.op !== 'StatelessRandomUniform') return next(call);
  return next({ op: 'Bitcast', attrs: BITCAST, inputs: [call.inputs[1]], nOutputs: 1 });
};
