import type * as tf from '@tensorflow/tfjs-core';

/** The ranks that tfjs has a type for, by the number of dimensions. */
interface RankOf {
  0: tf.Rank.R0;
  1: tf.Rank.R1;
  2: tf.Rank.R2;
  3: tf.Rank.R3;
  4: tf.Rank.R4;
  5: tf.Rank.R5;
  6: tf.Rank.R6;
}

/** Type of a tensor with the shape `S`: `tf.Tensor2D` for `[8, 16]`, and `tf.Tensor` when the number of dimensions is not known. */
export type TensorOfShape<S extends readonly number[]> = S['length'] extends keyof RankOf
  ? tf.Tensor<RankOf[S['length']]>
  : tf.Tensor;
