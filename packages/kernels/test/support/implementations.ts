import { hasNativeOps } from '@fin/runtime';
import { expect } from 'vitest';
import * as kernels from '../../src/index.js';

/** The functions of this package as one implementation has them. */
export type Implementation = Pick<typeof kernels, 'dropout' | 'gelu' | 'layerNorm' | 'packedAttention'>;

const report = await kernels.loadKernels();
// Where TensorFlow is native these tests are for the fused ops: without them they would pass and prove nothing.
if (hasNativeOps() && process.env.FIN_TEST_WITHOUT_KERNELS !== '1') expect(report.notes).toEqual([]);

/** Fused where the backend has it, and composed. */
export const implementations: readonly (readonly [name: string, implementation: Implementation])[] = [
  ...(report.available ? ([['fused', kernels]] as const) : []),
  ['composed', kernels.composed],
];

/** Whether the fused ops are there. */
export const fused: boolean = report.available;
