import type * as tf from '@tensorflow/tfjs-core';
import type { Attr, NativeBinding, TensorMetadata } from './native-binding.js';

/** What a `NodeJSKernelBackend` keeps of each tensor. */
interface TensorRecord {
  /** Handle in the binding; negative while the values have not been handed over. */
  readonly id: number;
  /** Host values that are still to be handed over, else null. */
  readonly values: unknown;
}

/** The part of tfjs-node's `NodeJSKernelBackend` that this package calls; some of it is private there. */
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
