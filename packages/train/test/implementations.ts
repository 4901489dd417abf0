import { loadKernels } from '@fin/kernels';
import { hasNativeOps } from '@fin/runtime';
import { afterAll, beforeAll, vi } from 'vitest';
import type { AdamWOptions } from '../src/index.js';

/** How AdamW can compute: by the op of @fin/kernels, by TensorFlow's op, or composed. */
export type Implementation = 'kernels' | 'tensorflow' | 'composed';

const { available } = await loadKernels();

/** Those that the current backend has. */
export const implementations: readonly Implementation[] = [
  ...(available ? (['kernels'] as const) : []),
  ...(hasNativeOps() ? (['tensorflow'] as const) : []),
  'composed',
];

/** The option for an implementation, for optimizers made while its tests run. Call it in `describe`. */
export function optionFor(implementation: Implementation): AdamWOptions['implementation'] {
  beforeAll(() => {
    if (implementation === 'tensorflow') vi.stubEnv('FIN_KERNELS', '0');
  });
  afterAll(() => {
    vi.unstubAllEnvs();
  });
  return implementation === 'composed' ? 'composed' : 'fused';
}
