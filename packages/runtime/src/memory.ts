import * as tf from '@tensorflow/tfjs-core';
import type { NativeDType } from './dispatch/dtypes.js';
import { elementBytes } from './dispatch/dtypes.js';
import { runtimeState } from './state.js';

/** Memory on the native side. */
export interface NativeMemory {
  /** Live handles of the binding: one per data buffer in TensorFlow. Clones share one. */
  readonly handles: number;
  /** Bytes of these handles by dtype. Strings and resources are not counted; handles that share a buffer are counted separately. */
  readonly bytes: Readonly<Partial<Record<NativeDType, number>>>;
}

/** Memory in use at one moment. */
export interface MemoryReading {
  /** Live `tf.Tensor` objects, variables included. */
  readonly tensors: number;
  /** Distinct data containers of these tensors. */
  readonly dataBuffers: number;
  /** Bytes as tfjs counts them: bfloat16 counts as float32, and clones count again. */
  readonly bytes: number;
  /** null if the native library is not loaded. */
  readonly native: NativeMemory | null;
}

/** Counts the live tensors and their bytes. It visits every native handle, so do not call it inside a training step. */
export function memory(): MemoryReading {
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  return { tensors: numTensors, dataBuffers: numDataBuffers, bytes: numBytes, native: nativeMemory() };
}

function nativeMemory(): NativeMemory | null {
  const { handles } = runtimeState();
  if (!handles) return null;
  const bytes: Partial<Record<NativeDType, number>> = {};
  for (const { dtype, shape, encodedBytes } of handles.values()) {
    const size = encodedBytes ?? tf.util.sizeFromShape([...shape]) * elementBytes(dtype);
    const name = encodedBytes === undefined ? dtype : 'uint8';
    if (size > 0) bytes[name] = (bytes[name] ?? 0) + size;
  }
  return { handles: handles.binding.getNumOfTensors(), bytes };
}

/** Change in the number of live objects; negative if more were freed than created. */
export interface TensorGrowth {
  readonly tensors: number;
  readonly dataBuffers: number;
  /** Native handles; 0 if the native library is not loaded. */
  readonly handles: number;
}

/**
 * Runs `fn` and counts the tensors, data buffers and native handles that are alive afterwards and were not before. In a leak
 * test, run the step once or twice first (optimizer state and caches are created then), and expect no growth over many steps:
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

/** Result of `countTensors` for a function that leaks nothing and keeps nothing. */
export const NO_GROWTH: TensorGrowth = { tensors: 0, dataBuffers: 0, handles: 0 };

function counts(): TensorGrowth {
  const { numTensors, numDataBuffers } = tf.memory();
  const handles = runtimeState().handles?.binding.getNumOfTensors() ?? 0;
  return { tensors: numTensors, dataBuffers: numDataBuffers, handles };
}
