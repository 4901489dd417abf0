import type { NodeBackend, TensorHandle } from '@fin/runtime';
import {
  attr,
  castAttrs,
  dtypeNumber,
  nativeDType,
  nativeHandleId,
  nodeBackend,
  rawOp,
  standInDType,
} from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { TapeNode } from '../core/engine.js';
import { engineState } from '../core/engine.js';
import type { LowDType } from '../core/low-dtype.js';
import type { Step } from '../core/step.js';
import { HeldShapeError } from '../errors.js';

/** Smaller tensors are statistics, logits and losses; halving them saves almost nothing. */
const WORTH_HALVING = 4096;

/** tfjs kernels whose gradient compares or rounds a saved tensor, which must therefore keep its exact values. */
const EXACT: ReadonlySet<string> = new Set([
  'ClipByValue',
  'Dilation2D',
  'FloorDiv',
  'Max',
  'MaxPool',
  'MaxPool3D',
  'Maximum',
  'Min',
  'Minimum',
  'Mod',
  'Relu6',
]);

/**
 * tfjs kernels whose gradient reads only the shape of saved tensors (tfjs-core 4.22, `src/gradients`), with the indices of these
 * tensors. Without this, one residual connection alone would keep two activations alive.
 */
const SHAPE_ONLY: Readonly<Record<string, readonly number[] | 'all'>> = {
  Add: 'all',
  AddN: 'all',
  Concat: 'all',
  ExpandDims: 'all',
  GatherV2: [0],
  Mean: 'all',
  Pack: 'all',
  PadV2: 'all',
  Reshape: 'all',
  Slice: 'all',
  Sub: 'all',
  Sum: 'all',
};

/** tfjs kernels where the values of a saved tensor serve only the gradient of another input: by index, the name of that input. */
const FOR_GRADIENT_OF: Readonly<Record<string, readonly string[]>> = {
  BatchMatMul: ['b', 'a'],
  Conv2D: ['filter', 'x'],
  DepthwiseConv2dNative: ['filter', 'x'],
  Multiply: ['b', 'a'],
  RealDiv: ['b'],
};

/** Shrinks the tensors an op saved for its backward pass: to a shape where that is enough, else large ones to two bytes per element. */
export function shrinkSaved(node: TapeNode, dtype: LowDType, step: Step): void {
  const { kernelName, inputs, saved } = node;
  const backend = nodeBackend();
  if (!saved || !backend) return;
  saved.forEach((tensor, index) => {
    if (readsShapeOnly(node, index, step)) {
      saved[index] = new HeldShape(tensor) as unknown as tf.Tensor;
      tensor.dispose();
    } else if (!EXACT.has(kernelName) && isActivation(tensor, inputs, step.firstTensorId)) {
      saved[index] = lowCopy(backend, tensor, dtype, step);
      tensor.dispose();
    }
  });
}

/** Whether only the shape of a saved tensor is kept. */
export function isShapeOnly(tensor: tf.Tensor): boolean {
  return tensor instanceof HeldShape;
}

/** Replaces a saved tensor of which only the shape is read: a `tf.Tensor` to tfjs, without data. */
class HeldShape {
  readonly shape: readonly number[];
  readonly size: number;
  readonly dtype: tf.DataType;

  constructor({ shape, size, dtype }: tf.Tensor) {
    this.shape = shape;
    this.size = size;
    this.dtype = dtype;
  }

  get dataId(): never {
    throw new HeldShapeError();
  }

  dispose(): void {}
}

Object.setPrototypeOf(HeldShape.prototype, tf.Tensor.prototype);

/** Whether the backward pass reads only the shape of the saved tensor with this index. */
function readsShapeOnly({ kernelName, inputs }: TapeNode, index: number, step: Step): boolean {
  const indices = Object.hasOwn(SHAPE_ONLY, kernelName) ? SHAPE_ONLY[kernelName] : [];
  if (indices === 'all' || indices.includes(index)) return true;
  const input = Object.hasOwn(FOR_GRADIENT_OF, kernelName) ? FOR_GRADIENT_OF[kernelName][index] : undefined;
  return input !== undefined && getsNoGradient(inputs[input], step);
}

/** True for frozen variables and for constants, which were created during the step by no recorded op. */
function getsNoGradient(input: tf.Tensor, step: Step): boolean {
  if (input instanceof tf.Variable) return !input.trainable;
  const nested = engineState().gradientDepth > 1; // an inner function may be differentiated by any tensor
  return !nested && input.id > step.firstTensorId && !step.recorded.has(input.id);
}

/** Whether a tensor is large, float32 and made in this step. Weights and batches stay alive anyway: a copy would cost memory. */
function isActivation(tensor: tf.Tensor, inputs: TapeNode['inputs'], firstTensorId: number): boolean {
  if (tensor.dtype !== 'float32' || tensor.size < WORTH_HALVING || tensor.rank < 2) return false;
  if (tensor.shape[tensor.rank - 1] === 1) return false; // a statistic of each row
  if (nativeDType(tensor) !== 'float32') return false;
  return !Object.values(inputs).some(({ dataId, id }) => dataId === tensor.dataId && id < firstTensorId);
}

/**
 * A low copy of a float32 tensor: the one that an op of this step computed with, at no cost, or else a new one. Not on the tape and in no
 * `tf.tidy`: the caller disposes it.
 *
 * A new copy is bfloat16 under either policy, since it has the range of float32; float16 could overflow to infinity.
 */
function lowCopy(backend: NodeBackend, tensor: tf.Tensor, dtype: LowDType, step: Step): tf.Tensor {
  const known = step.lowTwins.get(tensor.dataId);
  if (known && backend.tensorMap.has(known)) return sharing(backend, known, tensor.shape);
  const id = nativeHandleId(backend, tensor.dataId);
  const cached = id === null ? null : step.find(id, dtype);
  const copy = tf.keep(
    cached
      ? tensorOf(backend, cached)
      : rawOp('Cast', [tensor], castAttrs(nativeDType(tensor), 'bfloat16'))[0],
  );
  step.lowTwins.set(tensor.dataId, copy.dataId);
  return copy;
}

/** Another tensor with the same data. */
function sharing(backend: NodeBackend, dataId: object, shape: number[]): tf.Tensor {
  backend.incRef(dataId);
  return tf.keep(tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype: 'float32' }));
}

/** A tensor that shares the buffer of a handle; the handle keeps its owner. */
function tensorOf(backend: NodeBackend, handle: TensorHandle): tf.Tensor {
  const attrs = [{ name: 'T', ...attr.type(handle.dtype) }];
  const [{ id, shape }] = backend.binding.executeOp('Identity', attrs, [handle.id], 1);
  return backend.createOutputTensor({ id, shape, dtype: dtypeNumber(standInDType(handle.dtype)) });
}
