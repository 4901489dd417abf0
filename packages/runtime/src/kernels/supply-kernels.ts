import * as tf from '@tensorflow/tfjs-core';
import type { BackendName } from '../backend/types.js';
import { runtimeState } from '../state.js';
import type { SuppliedKernel } from './types.js';
import { batchMatMul } from './wasm/batch-mat-mul.js';
import { cast } from './wasm/cast.js';
import { clipByValue } from './wasm/clip-by-value.js';
import { einsum } from './wasm/einsum.js';
import { gatherV2 } from './wasm/gather-v2.js';
import { oneHot } from './wasm/one-hot.js';
import { select } from './wasm/select.js';
import { unsortedSegmentSum } from './wasm/unsorted-segment-sum.js';

const SUPPLIED: Readonly<Record<BackendName, readonly SuppliedKernel[]>> = {
  tensorflow: [],
  wasm: [batchMatMul, cast, clipByValue, einsum, gatherV2, oneHot, select, unsortedSegmentSum],
  cpu: [],
};

/** Registers with tfjs the kernels that a backend lacks or gets wrong, once per process. */
export function supplyKernels(backend: BackendName): void {
  const { supplied } = runtimeState();
  if (supplied.has(backend)) return;
  for (const { kernelName, make } of SUPPLIED[backend]) {
    const original = tf.getKernel(kernelName, backend) as tf.KernelConfig | undefined;
    const kernelFunc = make(original?.kernelFunc ?? null);
    // tfjs warns on the console when a kernel is registered over another.
    if (original) tf.unregisterKernel(kernelName, backend);
    tf.registerKernel({ ...original, kernelName, backendName: backend, kernelFunc });
  }
  supplied.add(backend);
}
