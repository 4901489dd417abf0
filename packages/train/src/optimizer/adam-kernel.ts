import type * as tf from '@tensorflow/tfjs-core';

/** Settings of one update. */
export interface AdamSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** Number of this update, from 1. */
  readonly step: number;
}

/** Running means of the gradient and of its square. */
export type Moments = {
  readonly expAvg: tf.Tensor;
  readonly expAvgSq: tf.Tensor;
};

/** The arithmetic of Adam on one tensor, with the moments in storage of its own. */
export interface AdamSlot {
  /** Updates the moments. @returns the new weights; the given tensors stay the caller's */
  update(weights: tf.Tensor, gradient: tf.Tensor, settings: AdamSettings): tf.Tensor;
  /** Copies of the moments, the caller's. */
  moments(): Moments;
  dispose(): void;
}

/** Makes a slot that begins with these moments, which stay the caller's. */
export type MakeAdamSlot = (moments: Moments) => AdamSlot;
