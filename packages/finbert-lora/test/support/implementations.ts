import { loadKernels } from '@fin/kernels';
import { hasNativeOps } from '@fin/runtime';
import { vi } from 'vitest';

vi.stubEnv('FIN_KERNELS', '');
const { available, notes } = await loadKernels();
if (!available && hasNativeOps()) console.error(`fused ops are not tested: ${notes.join(' ')}`);

/** What the encoder can be made of here: ordinary ops, and the fused ones of `@fin/kernels` where they are to be had. */
export const implementations: readonly ('composed' | 'fused')[] = available
  ? ['composed', 'fused']
  : ['composed'];

/** Until the end of the test file, computes with these. */
export function use(implementation: 'composed' | 'fused'): void {
  process.env.FIN_KERNELS = implementation === 'fused' ? '1' : '0';
}
