import type * as tf from '@tensorflow/tfjs-core';
import { expectInput } from '../errors.js';

/** @throws KernelInputError where the bias does not fit */
export function checkGelu(x: tf.Tensor, bias: tf.Tensor1D | null): void {
  expectInput(
    bias === null || (bias.rank === 1 && bias.shape[0] === x.shape.at(-1)),
    () => `gelu: a bias of the shape [${bias?.shape}] cannot be added to the rows of [${x.shape}]`,
  );
}
