import type { RandomStream } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { LoraInit } from '../config/lora-config.js';

/** The two matrices of an adapter on one layer. */
export interface Matrices {
  /** [r, in] */
  readonly a: tf.Tensor2D;
  /** [out, r] */
  readonly b: tf.Tensor2D;
}

/** Sizes of a layer and of its adapter. */
export interface MatrixSizes {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly r: number;
}

/** Makes the matrices an adapter begins with. */
export type MakeMatrices = (sizes: MatrixSizes) => Matrices;

/** PEFT's ways to begin (`reset_lora_parameters` in its tuners/lora/layer.py). */
export function freshMatrices(how: LoraInit, init: RandomStream): MakeMatrices {
  // Kaiming's uniform with a = √5, which is what torch.nn.Linear begins with.
  const uniform = (shape: [number, number]): tf.Tensor2D => {
    const bound = 1 / Math.sqrt(shape[1]);
    return init.uniform(shape, -bound, bound) as tf.Tensor2D;
  };
  return ({ inFeatures, outFeatures, r }) => ({
    a:
      how === 'gaussian' ? (init.normal([r, inFeatures], 0, 1 / r) as tf.Tensor2D) : uniform([r, inFeatures]),
    b: how === false ? uniform([outFeatures, r]) : tf.zeros([outFeatures, r]),
  });
}
