import type * as tf from '@tensorflow/tfjs-core';

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

/** Whether the gradient of that kernel reads only the shape of the tensor saved in that place. */
export function readsShapeOnly(kernelName: string, place: number): boolean {
  const places = Object.hasOwn(SHAPE_ONLY, kernelName) ? SHAPE_ONLY[kernelName] : [];
  return places === 'all' || places.includes(place);
}

/** What such a gradient is given in place of the tensor. */
export function shapeOf({ shape, rank, size, dtype }: tf.Tensor): tf.Tensor {
  const standIn = { shape, rank, size, dtype, dispose: () => {} };
  return standIn as unknown as tf.Tensor;
}
