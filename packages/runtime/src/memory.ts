import * as tf from '@tensorflow/tfjs-core';
import type { NativeDType } from './dispatch/dtypes.js';
import { elementBytes } from './dispatch/dtypes.js';
import { runtimeState } from './state.js';

/** What is held on the native side. */
export interface NativeMemory {
  /** Live handles of the binding: one for each tensor's data that TensorFlow has, clones counted once. */
  readonly handles: number;
  /** Bytes of those handles by dtype; strings and resources are not counted. Handles that share a buffer count each. */
  readonly bytes: Readonly<Partial<Record<NativeDType, number>>>;
}

/** What is held at one moment. */
export interface MemoryReading {
  /** Live `tf.Tensor` objects, variables included. */
  readonly tensors: number;
  /** Distinct data containers behind them. */
  readonly dataBuffers: number;
  /** Bytes by tfjs's count, which takes bfloat16 for float32 and counts a clone again. */
  readonly bytes: number;
  /** null where the native library is not loaded */
  readonly native: NativeMemory | null;
}

/** Reads what tensors are alive now. Walks every native handle: not for the inside of a training step. */
export function memory(): MemoryReading {
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  return { tensors: numTensors, dataBuffers: numDataBuffers, bytes: numBytes, native: nativeMemory() };
}

function nativeMemory(): NativeMemory | null {
  const { handles } = runtimeState();
  if (!handles) return null;
  const bytes: Partial<Record<NativeDType, number>> = {};
  for (const { dtype, shape } of handles.values()) {
    const size = tf.util.sizeFromShape([...shape]) * elementBytes(dtype);
    if (size > 0) bytes[dtype] = (bytes[dtype] ?? 0) + size;
  }
  return { handles: handles.binding.getNumOfTensors(), bytes };
}

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
