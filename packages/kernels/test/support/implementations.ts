import { hasNativeOps } from '@fin/runtime';
import * as kernels from '../../src/index.js';

/** The functions of this package as one implementation has them. */
export type Implementation = Pick<
  typeof kernels,
  | 'adamW'
  | 'adamW8bit'
  | 'allFinite'
  | 'clippingFactor'
  | 'dropout'
  | 'embeddings'
  | 'encoder'
  | 'gelu'
  | 'layerNorm'
  | 'lstm'
  | 'packedAttention'
>;

const report = await kernels.loadKernels();
// Where this machine could have them, load-kernels.test.ts fails.
if (hasNativeOps())
  for (const note of report.notes) console.error(`testing the composed twins only: ${note}`);

/** Fused where the backend has it, and composed. */
export const implementations: readonly (readonly [name: string, implementation: Implementation])[] = [
  ...(report.available ? ([['fused', kernels]] as const) : []),
  ['composed', kernels.composed],
];

/** Whether the fused ops are there. */
export const fused: boolean = report.available;
