import { hasNativeOps } from '@fin/runtime';

/** The twins that run on the current backend. */
export const implementations: readonly ('fused' | 'composed')[] = hasNativeOps()
  ? ['fused', 'composed']
  : ['composed'];
