import * as tf from '@tensorflow/tfjs-core';
import type { Attr } from '../dispatch/attributes.js';
import { runtimeState } from '../state.js';
import type { NativeBinding, TensorMetadata } from './native-binding.js';

/** Whether TensorFlow's native ops can be called with `rawOp`: true while the native backend is tfjs's current one. */
export function hasNativeOps(): boolean {
  return runtimeState().handles !== null && tf.getBackend() === 'tensorflow';
}

/** Entry of tfjs-node's backend for each tensor. */
interface TensorRecord {
  /** Handle in the binding; negative until the values are uploaded. */
  readonly id: number;
  /** Host values that are not uploaded yet, else null. */
  readonly values: unknown;
}

/** The part of tfjs-node's `NodeJSKernelBackend` that the fin packages call; some of it is private there. */
export interface NodeBackend extends tf.KernelBackend {
  binding: NativeBinding;
  readonly tensorMap: tf.DataStorage<TensorRecord>;
  createOutputTensor(metadata: TensorMetadata): tf.Tensor;
  executeMultipleOutputs(
    op: string,
    attrs: readonly Attr[],
    inputs: readonly tf.TensorInfo[],
    nOutputs: number,
  ): tf.Tensor[];
}

/** tfjs's current backend if it is the native one, else null. */
export function nodeBackend(): NodeBackend | null {
  return hasNativeOps() ? (tf.backend() as NodeBackend) : null;
}

/** Id of the native handle that holds a tensor's data; null if the backend does not know it or has not uploaded it. */
export function nativeHandleId(backend: NodeBackend, dataId: tf.DataId): number | null {
  if (!backend.tensorMap.has(dataId)) return null;
  const { id } = backend.tensorMap.get(dataId);
  return id < 0 ? null : id;
}
