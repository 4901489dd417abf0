import { nativeDType } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import type { Step } from '../autocast/step.js';
import type { TapeNode } from '../engine/engine.js';
import { nodeBackend } from '../engine/node-backend.js';
import type { LowDType } from '../policy/low-dtype.js';
import { lowTwin } from './low-twin.js';
import { readsShapeOnly, shapeOf } from './shape-only.js';

/** Smaller tensors are statistics, logits and losses: nothing to be won. */
const WORTH_HALVING = 4096;

/** tfjs kernels whose gradient compares what is saved with something, or rounds it: it must be what the forward pass saw. */
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

/** Has what an op on the tape saved for its gradient held in less memory: by its shape where that is enough, in two bytes an element where it is large. */
export function holdLow(node: TapeNode, dtype: LowDType, step: Step): void {
  const { kernelName, inputs, saved } = node;
  const backend = nodeBackend();
  if (!saved || !backend) return;
  saved.forEach((tensor, place) => {
    if (readsShapeOnly(node, place, step)) {
      saved[place] = shapeOf(tensor);
      tensor.dispose();
    } else if (!EXACT.has(kernelName) && isActivation(tensor, inputs, step.firstTensorId)) {
      saved[place] = lowTwin(backend, tensor, dtype, step);
      tensor.dispose();
    }
  });
}

/** Whether the tensor is large, float32 and of this step. Weights and batches are alive anyway: a copy would cost memory. */
function isActivation(tensor: tf.Tensor, inputs: TapeNode['inputs'], firstTensorId: number): boolean {
  if (tensor.dtype !== 'float32' || tensor.size < WORTH_HALVING || tensor.rank < 2) return false;
  if (tensor.shape[tensor.rank - 1] === 1) return false; // a statistic of each row
  if (nativeDType(tensor) !== 'float32') return false;
  return !Object.values(inputs).some(({ dataId, id }) => dataId === tensor.dataId && id < firstTensorId);
}
