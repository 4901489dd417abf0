import type { NativeBinding } from '@fin/runtime';
import { hasNativeOps } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** What tfjs-node's backend keeps of a tensor's data. */
interface DataRecord {
  /** Handle in the binding; negative while the values have not been handed over. */
  readonly id: number;
}

/** The part of tfjs-node's backend that this package calls. */
export interface NodeBackend extends tf.KernelBackend {
  readonly binding: NativeBinding;
  readonly tensorMap: tf.DataStorage<DataRecord>;
  createOutputTensor(metadata: { id: number; shape: number[]; dtype: number }): tf.Tensor;
}

/** tfjs's current backend if it is the native one. */
export function nodeBackend(): NodeBackend | null {
  return hasNativeOps() ? (tf.backend() as NodeBackend) : null;
}

/** Id of the native handle behind a tensor; null where there is none yet. */
export function handleIdOf(backend: NodeBackend, dataId: object): number | null {
  if (!backend.tensorMap.has(dataId)) return null;
  const { id } = backend.tensorMap.get(dataId);
  return id < 0 ? null : id;
}
