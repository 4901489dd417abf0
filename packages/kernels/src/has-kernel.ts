import { env } from 'node:process';
import { hasNativeOps } from '@fin/runtime';
import type { KernelName } from './state.js';
import { KERNEL_NAMES, kernelsState } from './state.js';

/** Whether a fused op is there to be used now: `loadKernels` has registered it, and tfjs's current backend is the native one. */
export function hasKernel(name: KernelName): boolean {
  return kernelsState().addon !== null && KERNEL_NAMES.includes(name) && fusedOpsApply();
}

/** Whether fused ops would be used now if they are loaded: on the native backend, unless `FIN_KERNELS=0` turns them off. */
export function fusedOpsApply(): boolean {
  return hasNativeOps() && env.FIN_KERNELS !== '0';
}
