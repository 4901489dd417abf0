import * as tf from '@tensorflow/tfjs-core';
import { batchMatMulGradient } from './gradients/batch-mat-mul.js';
import { squaredDifferenceGradient } from './gradients/squared-difference.js';

/** Registers with tfjs the gradients that it gets wrong, over its own. Doing so again changes nothing. */
export function supplyGradients(): void {
  for (const gradient of [batchMatMulGradient, squaredDifferenceGradient]) tf.registerGradient(gradient);
}
