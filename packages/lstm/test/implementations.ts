import { loadKernels } from '@fin/kernels';
import { hasNativeOps } from '@fin/runtime';
import { implementationsOn } from '@fin/testkit/implementations';

const { available } = await loadKernels();

/** Those that the current backend has. */
export const implementations = implementationsOn({ kernels: available, native: hasNativeOps() });
