import { loadKernels } from '@fin/kernels';
import { hasNativeOps } from '@fin/runtime';
import { afterAll, beforeAll, vi } from 'vitest';
import type { LstmOptions } from '../src/index.js';

/** How an Lstm can compute: by the op of @fin/kernels, by TensorFlow's block ops, or composed. */
export type Implementation = 'kernels' | 'tensorflow' | 'composed';

const { available } = await loadKernels();

/** Those that the current backend has. */
export const implementations: readonly Implementation[] = [
  ...(available ? (['kernels'] as const) : []),
  ...(hasNativeOps() ? (['tensorflow'] as const) : []),
  'composed',
];

/** The option for an implementation, which holds while its tests run. Call it in `describe`. */
export function optionFor(implementation: Implementation): LstmOptions['implementation'] {
  beforeAll(() => {
    if (implementation === 'tensorflow') vi.stubEnv('FIN_KERNELS', '0');
  });
  afterAll(() => {
    vi.unstubAllEnvs();
  });
  return implementation === 'composed' ? 'composed' : 'fused';
}
