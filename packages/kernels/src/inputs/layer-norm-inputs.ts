import type * as tf from '@tensorflow/tfjs-core';
import { expectInput } from '../errors.js';
import type { DropoutOptions } from './dropout-options.js';
import { checkDropout } from './dropout-options.js';

export interface LayerNormOptions {
  /** Added to the variance. @default 1e-5, as in PyTorch; BERT has 1e-12 */
  readonly eps?: number;
  /** [rows, columns], added to x before everything is normalised. @default none */
  readonly residual?: tf.Tensor2D | null;
  /** [columns], added to each row of x before its dropout. @default none */
  readonly bias?: tf.Tensor1D | null;
  /** Applied to `x + bias`, before the residual is added. @default none */
  readonly dropout?: DropoutOptions | null;
}

/** What a layer norm is computed from, checked. */
export interface LayerNormInputs extends Required<LayerNormOptions> {
  readonly x: tf.Tensor2D;
  readonly gamma: tf.Tensor1D;
  readonly beta: tf.Tensor1D;
}

/** Fills in what was left out and checks that everything fits. */
export function layerNormInputs(
  x: tf.Tensor2D,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  { eps = 1e-5, residual = null, bias = null, dropout = null }: LayerNormOptions,
): LayerNormInputs {
  expectInput(x.rank === 2, () => `layerNorm: x must be [rows, columns], not [${x.shape}]`);
  const [rows, columns] = x.shape;
  const vectors = { gamma, beta, ...(bias && { bias }) };
  for (const [name, vector] of Object.entries(vectors)) {
    expectInput(
      vector.rank === 1 && vector.shape[0] === columns,
      () => `layerNorm: ${name} has the shape [${vector.shape}], but x has ${columns} columns`,
    );
  }
  expectInput(
    residual === null || (residual.rank === 2 && residual.shape[0] === rows && residual.shape[1] === columns),
    () => `layerNorm: residual has the shape [${residual?.shape}], but x has [${x.shape}]`,
  );
  checkDropout('layerNorm', dropout);
  return { x, gamma, beta, eps, residual, bias, dropout };
}
