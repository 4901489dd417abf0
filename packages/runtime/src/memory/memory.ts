import * as tf from '@tensorflow/tfjs-core';
import type { NativeDType } from '../dispatch/dtypes.js';
import { elementBytes } from '../dispatch/dtypes.js';
import { runtimeState } from '../state.js';

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
