import * as tf from '@tensorflow/tfjs-core';
import { currentScope } from '../core/current-scope.js';
import type { LowDType } from '../core/low-dtype.js';
import { roundToLow } from './round-to-low.js';

/** tfjs kernels and the TensorFlow op of the lower list that each corresponds to. */
const TENSORFLOW_OPS: Readonly<Record<string, string>> = {
  BatchMatMul: 'BatchMatMulV2',
  _FusedMatMul: 'BatchMatMulV2',
  Conv2D: 'Conv2D',
  FusedConv2D: 'Conv2D',
  Conv2DBackpropInput: 'Conv2DBackpropInput',
  Conv2DBackpropFilter: 'Conv2DBackpropFilter',
  Conv3D: 'Conv3D',
  Conv3DBackpropInputV2: 'Conv3DBackpropInputV2',
  Conv3DBackpropFilterV2: 'Conv3DBackpropFilterV2',
  DepthwiseConv2dNative: 'DepthwiseConv2dNative',
  FusedDepthwiseConv2D: 'DepthwiseConv2dNative',
  DepthwiseConv2dNativeBackpropInput: 'DepthwiseConv2dNativeBackpropInput',
  DepthwiseConv2dNativeBackpropFilter: 'DepthwiseConv2dNativeBackpropFilter',
  Einsum: 'Einsum',
};

type KernelArguments = Parameters<tf.KernelFunc>[0];

const emulated = new Set<string>();

/**
 * Emulates low kernels on a backend without low dtypes: the current backend's kernels of the lower list round their inputs and outputs
 * while code runs under autocast, as a low kernel with a float32 accumulator does. Slower than float32. Acts once per backend.
 */
export function emulateLowKernels(): void {
  const backendName = tf.getBackend();
  if (emulated.has(backendName)) return;
  emulated.add(backendName);
  for (const [kernelName, op] of Object.entries(TENSORFLOW_OPS)) {
    const kernel = tf.getKernel(kernelName, backendName) as tf.KernelConfig | undefined;
    if (!kernel) continue;
    const original = kernel.kernelFunc;
    const kernelFunc: tf.KernelFunc = (args) => {
      const policy = currentScope()?.policy;
      const lowers = policy?.enabled && policy.listOf(op) === 'lower';
      return lowers ? runRounded(original, args, policy.dtype) : original(args);
    };
    // tfjs warns on the console when a kernel is registered over another.
    tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({ ...kernel, kernelFunc });
  }
}

function runRounded(kernel: tf.KernelFunc, args: KernelArguments, dtype: LowDType): tf.TensorInfo {
  const backend = args.backend as tf.KernelBackend;
  const made: tf.Tensor[] = [];
  const lowered = (input: tf.TensorInfo): tf.TensorInfo => {
    if (input?.dtype !== 'float32') return input;
    // A tensor, not only its data: some kernels call tfjs's own ops.
    const copy = tf.engine().makeTensorFromTensorInfo(roundedCopy(backend, input, dtype));
    made.push(copy);
    return copy;
  };
  try {
    const inputs = mapInputs(args.inputs as Inputs, lowered);
    const output = kernel({ ...args, inputs: inputs as KernelArguments['inputs'] }) as tf.TensorInfo;
    try {
      return roundedCopy(backend, output, dtype);
    } finally {
      if (output instanceof tf.Tensor) output.dispose();
      else backend.disposeData(output.dataId);
    }
  } finally {
    tf.dispose(made);
  }
}

/** Kernels with a variable number of inputs get a list. */
type Inputs = Readonly<Record<string, tf.TensorInfo>> | readonly tf.TensorInfo[];

function mapInputs(inputs: Inputs, fn: (input: tf.TensorInfo) => tf.TensorInfo): Inputs {
  if (Array.isArray(inputs)) return inputs.map(fn);
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, fn(input)]));
}

function roundedCopy(
  backend: tf.KernelBackend,
  { dataId, shape }: tf.TensorInfo,
  dtype: LowDType,
): tf.TensorInfo {
  const values = roundToLow(backend.readSync(dataId) as Float32Array, dtype);
  return { dataId: backend.write(values, shape, 'float32'), shape, dtype: 'float32' };
}
