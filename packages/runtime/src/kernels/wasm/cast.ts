import type * as tf from '@tensorflow/tfjs-core';
import type { SuppliedKernel } from '../types.js';
import { wasmBackend } from './wasm-backend.js';

/** The backend's own makes `false` of 0.5 and of 256: it cuts values down to a byte where it should ask whether they are 0. */
export const cast: SuppliedKernel = {
  kernelName: 'Cast',
  make: (original) => (args) => {
    const { x } = args.inputs as { x: tf.TensorInfo };
    const { dtype } = args.attrs as unknown as { dtype: tf.DataType };
    if (dtype !== 'bool' || x.dtype === 'bool') return original!(args);
    const backend = wasmBackend(args);
    const out = backend.makeOutput(x.shape, 'bool');
    const values = backend.typedArrayFromHeap(x);
    const flags = backend.typedArrayFromHeap(out);
    for (let i = 0; i < flags.length; i++) flags[i] = values[i] === 0 ? 0 : 1;
    return out;
  },
};
