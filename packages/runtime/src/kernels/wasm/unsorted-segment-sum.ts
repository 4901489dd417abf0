import type * as tf from '@tensorflow/tfjs-core';
import type { SuppliedKernel } from '../types.js';
import { wasmBackend } from './wasm-backend.js';

/**
 * Sums the rows of `x` that carry the same segment id: the gradient of every embedding lookup, and missing from this backend.
 * Rows with a negative id are dropped, as TensorFlow does.
 */
export const unsortedSegmentSum: SuppliedKernel = {
  kernelName: 'UnsortedSegmentSum',
  make: () => (args) => {
    const backend = wasmBackend(args);
    const { x, segmentIds } = args.inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
    const { numSegments } = args.attrs as unknown as { numSegments: number };
    const rowShape = x.shape.slice(segmentIds.shape.length);
    const rowSize = rowShape.reduce((size, dim) => size * dim, 1);
    const out = backend.makeOutput([numSegments, ...rowShape], x.dtype); // [segments, ...row]
    const sums = backend.typedArrayFromHeap(out).fill(0);
    const rows = backend.typedArrayFromHeap(x);
    const ids = backend.typedArrayFromHeap(segmentIds);
    for (let row = 0; row < ids.length; row++) {
      const id = ids[row]!;
      if (id < 0) continue;
      if (id >= numSegments) throw new RangeError(`segment id ${id} is not below ${numSegments}`);
      const from = row * rowSize;
      const to = id * rowSize;
      for (let i = 0; i < rowSize; i++) sums[to + i]! += rows[from + i]!;
    }
    return out;
  },
};
