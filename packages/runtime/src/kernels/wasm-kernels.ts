import * as tf from '@tensorflow/tfjs-core';
import type { BackendName } from '../backend/types.js';
import { runtimeState } from '../state.js';

/** Arguments of a tfjs kernel. */
export type KernelArguments = Parameters<tf.KernelFunc>[0];

/** A kernel that is missing or wrong in a tfjs backend. */
export interface SuppliedKernel {
  /** Name of the kernel in tfjs. */
  readonly kernelName: string;
  /** Creates the kernel. `original` is the backend's own, for the cases in which it is right; null if there is none. */
  readonly make: (original: tf.KernelFunc | null) => tf.KernelFunc;
}

/** Values of a tensor in WebAssembly's memory. */
export type HeapArray = Float32Array | Int32Array | Uint8Array;

/** The part of tfjs's `BackendWasm` that kernels written in TypeScript need. */
export interface WasmBackend {
  /** Allocates a tensor with undefined values. */
  makeOutput(shape: readonly number[], dtype: tf.DataType): tf.TensorInfo;
  /** A view of WebAssembly's memory, not a copy. Invalid after the next allocation, which can move the memory. */
  typedArrayFromHeap(tensor: tf.TensorInfo): HeapArray;
  disposeData(dataId: tf.DataId): boolean;
}

/** The backend that a kernel runs on. */
export function wasmBackend(args: KernelArguments): WasmBackend {
  return args.backend as WasmBackend;
}

/**
 * `matMul` of int32: the backend supports float32 only. Products are exact below 2^24. And of empty matrices: the backend leaves the
 * memory of their product as it was, where sums of nothing are 0.
 */
export const batchMatMul: SuppliedKernel = {
  kernelName: 'BatchMatMul',
  make: (original) => (args) => {
    const { a, b } = args.inputs as { a: tf.Tensor; b: tf.Tensor };
    const { transposeA, transposeB } = args.attrs as { transposeA: boolean; transposeB: boolean };
    if (a.size === 0 && b.size === 0) {
      const rows = a.shape.at(transposeA ? -1 : -2)!;
      const columns = b.shape.at(transposeB ? -2 : -1)!;
      const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
      const out = wasmBackend(args).makeOutput([...batch, rows, columns], a.dtype);
      wasmBackend(args).typedArrayFromHeap(out).fill(0);
      return out;
    }
    if (a.dtype !== 'int32' || b.dtype !== 'int32') return original!(args);
    return tf.tidy(() => {
      const inputs = { a: tf.cast(a, 'float32'), b: tf.cast(b, 'float32') };
      const product = original!({ ...args, inputs }) as tf.TensorInfo;
      return tf.cast(tf.engine().makeTensorFromTensorInfo(product), 'int32');
    });
  },
};

/** A reduction over no element gives this value: the backend leaves the memory of the result as it was. */
const emptyReduction = (kernelName: string, value: number): SuppliedKernel => ({
  kernelName,
  make: (original) => (args) => {
    const { x } = args.inputs as { x: tf.TensorInfo };
    if (tf.util.sizeFromShape(x.shape) > 0) return original!(args);
    const { axis, reductionIndices, keepDims } = args.attrs as unknown as {
      axis?: number | number[];
      reductionIndices?: number | number[];
      keepDims: boolean;
    };
    const axes = tf.util.parseAxisParam(axis ?? reductionIndices ?? x.shape.map((_, i) => i), x.shape);
    const kept = x.shape.map((size, i) => (axes.includes(i) ? 1 : size));
    const shape = keepDims ? kept : x.shape.filter((_, i) => !axes.includes(i));
    const out = wasmBackend(args).makeOutput(shape, x.dtype);
    wasmBackend(args).typedArrayFromHeap(out).fill(value);
    return out;
  },
});

/** Reductions, with what they give for no element. */
const reductions: readonly SuppliedKernel[] = [
  emptyReduction('Sum', 0),
  emptyReduction('Mean', Number.NaN),
  emptyReduction('Prod', 1),
  emptyReduction('Max', Number.NEGATIVE_INFINITY),
  emptyReduction('Min', Number.POSITIVE_INFINITY),
  emptyReduction('All', 1),
  emptyReduction('Any', 0),
];

/** `cast` to bool: the backend truncates values to a byte, so that 0.5 and 256 become false. */
export const cast: SuppliedKernel = {
  kernelName: 'Cast',
  make: (original) => (args) => {
    const { x } = args.inputs as { x: tf.TensorInfo };
    const { dtype } = args.attrs as unknown as { dtype: tf.DataType };
    if (dtype !== 'bool' || x.dtype === 'bool') return original!(args);
    const backend = wasmBackend(args);
    const out = backend.makeOutput(x.shape, 'bool');
    const values = backend.typedArrayFromHeap(x);
    const flags = backend.typedArrayFromHeap(out);
    for (let i = 0; i < flags.length; i++) flags[i] = values[i] === 0 ? 0 : 1;
    return out;
  },
};

/** `clipByValue` of int32: the backend clips the bits as if they were float32. */
export const clipByValue: SuppliedKernel = {
  kernelName: 'ClipByValue',
  make: (original) => (args) => {
    const { x } = args.inputs as { x: tf.TensorInfo };
    if (x.dtype !== 'int32') return original!(args);
    const { clipValueMin, clipValueMax } = args.attrs as unknown as Record<string, number>;
    const backend = wasmBackend(args);
    const out = backend.makeOutput(x.shape, 'int32');
    const values = backend.typedArrayFromHeap(x);
    const clipped = backend.typedArrayFromHeap(out);
    for (let i = 0; i < clipped.length; i++) {
      clipped[i] = Math.min(Math.max(values[i]!, clipValueMin!), clipValueMax!);
    }
    return out;
  },
};

/**
 * `einsum` of one or two tensors, which the backend lacks. Each operand is transposed and reshaped to the axes of all labels;
 * their product is summed over the labels that the result lacks. Simple rather than fast. tfjs has no gradient for it.
 */
export const einsum: SuppliedKernel = {
  kernelName: 'Einsum',
  make: () => (args) => {
    const operands = Object.values(args.inputs) as tf.Tensor[];
    const { equation } = args.attrs as unknown as { equation: string };
    const { allDims, summedDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, operands.length);
    tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, operands);
    const resultRank = allDims.length - summedDims.length;
    return tf.tidy(() => {
      const product = operands
        .map((operand, i) => aligned(operand, idDims[i]!, allDims.length))
        .reduce((a, b) => tf.mul(a, b));
      const summed = Array.from({ length: summedDims.length }, (_, i) => resultRank + i);
      return summed.length > 0 ? tf.sum(product, summed) : product;
    });
  },
};

/** Reshapes an operand to one axis per label, in the order of the labels, of size 1 for labels that it lacks. */
function aligned(operand: tf.Tensor, labels: readonly number[], rank: number): tf.Tensor {
  const order = labels.map((_, axis) => axis).sort((a, b) => labels[a]! - labels[b]!);
  const shape = new Array<number>(rank).fill(1);
  for (const [axis, label] of labels.entries()) shape[label] = operand.shape[axis]!;
  return tf.reshape(tf.transpose(operand, order), shape);
}

interface GatherAttributes {
  readonly axis: number;
  readonly batchDims: number;
}

/** `gather` with `batchDims`: the backend reads the wrong rows of every batch but the first. */
export const gatherV2: SuppliedKernel = {
  kernelName: 'GatherV2',
  make: (original) => (args) => {
    const { x, indices } = args.inputs as { x: tf.Tensor; indices: tf.Tensor };
    const { axis, batchDims } = args.attrs as unknown as GatherAttributes;
    if (!batchDims) return original!(args);
    const { batchSize, outerSize, dimSize, sliceSize, outputShape } =
      tf.backend_util.segment_util.collectGatherOpShapeInfo(
        x,
        indices,
        tf.util.parseAxisParam(axis, x.shape)[0]!,
        batchDims,
      );
    const backend = wasmBackend(args);
    const out = backend.makeOutput(outputShape, x.dtype); // [...batch, ...outer, ...indices, ...slice]
    const gathered = backend.typedArrayFromHeap(out);
    const values = backend.typedArrayFromHeap(x);
    const positions = backend.typedArrayFromHeap(indices);
    const perBatch = positions.length / batchSize;
    let to = 0;
    for (let batch = 0; batch < batchSize; batch++) {
      for (let outer = batch * outerSize; outer < (batch + 1) * outerSize; outer++) {
        for (let i = batch * perBatch; i < (batch + 1) * perBatch; i++) {
          const position = positions[i]!;
          if (position < 0 || position >= dimSize) {
            throw new RangeError(`gather: index ${position} is not in [0, ${dimSize})`);
          }
          const from = (outer * dimSize + position) * sliceSize;
          gathered.set(values.subarray(from, from + sliceSize), to);
          to += sliceSize;
        }
      }
    }
    return out;
  },
};

/** `oneHot` of other dtypes than int32: the backend always writes int32 bits. */
export const oneHot: SuppliedKernel = {
  kernelName: 'OneHot',
  make: (original) => (args) => {
    const { dtype } = args.attrs as unknown as { dtype: tf.DataType };
    if (dtype === 'int32') return original!(args);
    return tf.tidy(() => {
      const whole = original!({ ...args, attrs: { ...args.attrs, dtype: 'int32' } }) as tf.TensorInfo;
      return tf.cast(tf.engine().makeTensorFromTensorInfo(whole), dtype);
    });
  },
};

/** `where` of bool: the backend assumes four bytes per element, and a bool has one. */
export const select: SuppliedKernel = {
  kernelName: 'Select',
  make: (original) => (args) => {
    const { condition, t, e } = args.inputs as { condition: tf.Tensor; t: tf.Tensor; e: tf.Tensor };
    if (t.dtype !== 'bool') return original!(args);
    return tf.tidy(() => {
      const [whenTrue, whenFalse] = [tf.cast(t, 'int32'), tf.cast(e, 'int32')];
      const whole = original!({ ...args, inputs: { condition, t: whenTrue, e: whenFalse } }) as tf.TensorInfo;
      return tf.cast(tf.engine().makeTensorFromTensorInfo(whole), 'bool');
    });
  },
};

/**
 * Sums the rows of `x` with the same segment id; the gradient of embedding lookups, which the backend lacks. Rows with a negative
 * id are dropped, as in TensorFlow.
 */
export const unsortedSegmentSum: SuppliedKernel = {
  kernelName: 'UnsortedSegmentSum',
  make: () => (args) => {
    const backend = wasmBackend(args);
    const { x, segmentIds } = args.inputs as { x: tf.TensorInfo; segmentIds: tf.TensorInfo };
    const { numSegments } = args.attrs as unknown as { numSegments: number };
    const rowShape = x.shape.slice(segmentIds.shape.length);
    const rowSize = rowShape.reduce((size, dim) => size * dim, 1);
    const out = backend.makeOutput([numSegments, ...rowShape], x.dtype); // [segments, ...row]
    const sums = backend.typedArrayFromHeap(out).fill(0);
    const rows = backend.typedArrayFromHeap(x);
    const ids = backend.typedArrayFromHeap(segmentIds);
    for (let row = 0; row < ids.length; row++) {
      const id = ids[row]!;
      if (id < 0) continue;
      if (id >= numSegments) throw new RangeError(`segment id ${id} is not below ${numSegments}`);
      const from = row * rowSize;
      const to = id * rowSize;
      for (let i = 0; i < rowSize; i++) sums[to + i]! += rows[from + i]!;
    }
    return out;
  },
};

const SUPPLIED: Readonly<Record<BackendName, readonly SuppliedKernel[]>> = {
  tensorflow: [],
  wasm: [batchMatMul, cast, clipByValue, einsum, gatherV2, oneHot, ...reductions, select, unsortedSegmentSum],
  cpu: [],
};

/** Registers the kernels that a backend lacks or gets wrong, once per process. */
export function supplyKernels(backend: BackendName): void {
  const { supplied } = runtimeState();
  if (supplied.has(backend)) return;
  for (const { kernelName, make } of SUPPLIED[backend]) {
    const original = tf.getKernel(kernelName, backend) as tf.KernelConfig | undefined;
    const kernelFunc = make(original?.kernelFunc ?? null);
    // tfjs warns on the console when a kernel is registered over another.
    if (original) tf.unregisterKernel(kernelName, backend);
    tf.registerKernel({ ...original, kernelName, backendName: backend, kernelFunc });
  }
  supplied.add(backend);
}
