import * as tf from '@tensorflow/tfjs-core';
import type { Step } from '../autocast/step.js';
import type { TapeNode } from '../engine/engine.js';
import { engineState } from '../engine/engine.js';
import { HeldShape } from './held-shape.js';

/**
 * tfjs kernels of which the gradient reads no more than the shapes of what is saved (tfjs-core 4.22, `src/gradients`), with the
 * places in its list of saved tensors. A residual connection alone keeps two activations alive this way.
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

/** tfjs kernels of which a saved tensor serves, but for its shape, only the gradient of another input: its place and that input. */
const FOR_GRADIENT_OF: Readonly<Record<string, readonly string[]>> = {
  BatchMatMul: ['b', 'a'],
  Conv2D: ['filter', 'x'],
  DepthwiseConv2dNative: ['filter', 'x'],
  Multiply: ['b', 'a'],
  RealDiv: ['b'],
};

/** Whether the backward pass will read no more of the tensor saved in that place than its shape. */
export function readsShapeOnly({ kernelName, inputs }: TapeNode, place: number, step: Step): boolean {
  const places = Object.hasOwn(SHAPE_ONLY, kernelName) ? SHAPE_ONLY[kernelName] : [];
  if (places === 'all' || places.includes(place)) return true;
  const input = Object.hasOwn(FOR_GRADIENT_OF, kernelName) ? FOR_GRADIENT_OF[kernelName][place] : undefined;
  return input !== undefined && getsNoGradient(inputs[input], step);
}

/** Frozen variables, and numbers that were written into the computation: made during the step, and by no op. */
function getsNoGradient(input: tf.Tensor, step: Step): boolean {
  if (input instanceof tf.Variable) return !input.trainable;
  const differentiatedInside = engineState().gradientDepth > 1; // with regard to anything there
  return !differentiatedInside && input.id > step.firstTensorId && !step.recorded.has(input.id);
}

/** Whether only the shape of a tensor is held. */
export function isShapeOnly(tensor: tf.Tensor): boolean {
  return tensor instanceof HeldShape;
}

/** What such a gradient is given in place of the tensor. */
export function shapeOf(tensor: tf.Tensor): tf.Tensor {
  return new HeldShape(tensor) as unknown as tf.Tensor;
}
