import * as tf from '@tensorflow/tfjs-core';
import type { SuppliedKernel } from '../types.js';
import { wasmBackend } from './wasm-backend.js';

interface GatherAttributes {
  readonly axis: number;
  readonly batchDims: number;
}

/** The backend's own reads from the wrong rows of every batch but the first when `batchDims` is given. */
export const gatherV2: SuppliedKernel = {
  kernelName: 'GatherV2',
  make: (original) => (args) => {
    const { x, indices } = args.inputs as { x: tf.Tensor; indices: tf.Tensor };
    const { axis, batchDims } = args.attrs as unknown as GatherAttributes;
    if (!batchDims) return original!(args);
    const { batchSize, outerSize, dimSize, sliceSize, outputShape } =
      tf.backend_util.segment_util.collectGatherOpShapeInfo(
        x,
        indices,
        tf.util.parseAxisParam(axis, x.shape)[0]!,
        batchDims,
      );
    const backend = wasmBackend(args);
    const out = backend.makeOutput(outputShape, x.dtype); // [...batch, ...outer, ...indices, ...slice]
    const gathered = backend.typedArrayFromHeap(out);
    const values = backend.typedArrayFromHeap(x);
    const positions = backend.typedArrayFromHeap(indices);
    const perBatch = positions.length / batchSize;
    let to = 0;
    for (let batch = 0; batch < batchSize; batch++) {
      for (let outer = batch * outerSize; outer < (batch + 1) * outerSize; outer++) {
        for (let i = batch * perBatch; i < (batch + 1) * perBatch; i++) {
          const position = positions[i]!;
          if (position < 0 || position >= dimSize) {
            throw new RangeError(`gather: index ${position} is not in [0, ${dimSize})`);
          }
          const from = (outer * dimSize + position) * sliceSize;
          gathered.set(values.subarray(from, from + sliceSize), to);
          to += sliceSize;
        }
      }
    }
    return out;
  },
};
