import * as tf from '@tensorflow/tfjs-core';
import { runtimeState } from '../state.js';

/** By how much the numbers of live objects grew; negative where more were freed than made. */
export interface TensorGrowth {
  readonly tensors: number;
  readonly dataBuffers: number;
  /** Native handles; 0 where the native library is not loaded. */
  readonly handles: number;
}

/**
 * Runs `fn` and says how many tensors, data buffers and native handles were alive after it that were not before. A leak test
 * runs the step once or twice to warm up (optimizer states, caches) and then expects zeros of many steps:
 *
 * ```
 * step();
 * expect(await countTensors(() => { for (let i = 0; i < 1000; i++) step(); })).toEqual(NO_GROWTH);
 * ```
 */
export async function countTensors(fn: () => unknown): Promise<TensorGrowth> {
  const before = counts();
  await fn();
  const after = counts();
  return {
    tensors: after.tensors - before.tensors,
    dataBuffers: after.dataBuffers - before.dataBuffers,
    handles: after.handles - before.handles,
  };
}

/** What a function that leaks nothing and keeps nothing gives. */
export const NO_GROWTH: TensorGrowth = { tensors: 0, dataBuffers: 0, handles: 0 };

function counts(): TensorGrowth {
  const { numTensors, numDataBuffers } = tf.memory();
  const handles = runtimeState().handles?.binding.getNumOfTensors() ?? 0;
  return { tensors: numTensors, dataBuffers: numDataBuffers, handles };
}
