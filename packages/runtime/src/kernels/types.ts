import type * as tf from '@tensorflow/tfjs-core';

/** What a kernel is called with. */
export type KernelArguments = Parameters<tf.KernelFunc>[0];

/** A kernel that a tfjs backend lacks or gets wrong. */
export interface SuppliedKernel {
  /** tfjs's name of the kernel. */
  readonly kernelName: string;
  /** Makes the kernel. `original` is the backend's own, to be called where it is right. */
  readonly make: (original: tf.KernelFunc | null) => tf.KernelFunc;
}
