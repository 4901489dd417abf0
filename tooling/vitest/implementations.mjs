import { afterAll, beforeAll, vi } from 'vitest';

export function implementationsOn({ kernels, native }) {
  return [...(kernels ? ['kernels'] : []), ...(native ? ['tensorflow'] : []), 'composed'];
}

export function optionFor(implementation) {
  beforeAll(() => {
    if (implementation === 'tensorflow') vi.stubEnv('FIN_KERNELS', '0');
  });
  afterAll(() => {
    vi.unstubAllEnvs();
  });
  return implementation === 'composed' ? 'composed' : 'fused';
}
