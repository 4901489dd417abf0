import type * as tf from '@tensorflow/tfjs-core';
import type { SuppliedKernel } from '../types.js';
import { wasmBackend } from './wasm-backend.js';

/** The backend's own clips the bits of int32 values as if they were float32. */
export const clipByValue: SuppliedKernel = {
  kernelName: 'ClipByValue',
  make: (original) => (args) => {
    const { x } = args.inputs as { x: tf.TensorInfo };
    if (x.dtype !== 'int32') return original!(args);
    const { clipValueMin, clipValueMax } = args.attrs as unknown as Record<string, number>;
    const backend = wasmBackend(args);
    const out = backend.makeOutput(x.shape, 'int32');
    const values = backend.typedArrayFromHeap(x);
    const clipped = backend.typedArrayFromHeap(out);
    for (let i = 0; i < clipped.length; i++) {
      clipped[i] = Math.min(Math.max(values[i]!, clipValueMin!), clipValueMax!);
    }
    return out;
  },
};
