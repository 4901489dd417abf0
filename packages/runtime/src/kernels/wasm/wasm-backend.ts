import type * as tf from '@tensorflow/tfjs-core';
import type { KernelArguments } from '../types.js';

/** Values of a tensor in WebAssembly's memory. */
export type HeapArray = Float32Array | Int32Array | Uint8Array;

/** The part of tfjs's `BackendWasm` that kernels written in TypeScript need. */
export interface WasmBackend {
  /** Allocates a tensor; its values are whatever was in memory there. */
  makeOutput(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo;
  /** A view of WebAssembly's memory, not a copy. Void after the next allocation, which can move the memory. */
  typedArrayFromHeap(tensor: tf.TensorInfo): HeapArray;
  disposeData(dataId: tf.DataId): boolean;
}

/** The backend a kernel runs on. */
export function wasmBackend(args: KernelArguments): WasmBackend {
  return args.backend as WasmBackend;
}
