import type { RandomStream } from '@fin/runtime';
import { dropout } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import { BertInputError } from '../errors.js';

/** How a forward pass is meant. */
export interface ForwardOptions {
  /** Apply dropout. @default false */
  readonly training?: boolean;
  /** Decides what is dropped; needed in training unless every dropout rate is 0. */
  readonly dropout?: RandomStream;
}

/** A forward pass under way. */
export interface ForwardMode {
  /** Where dropout draws from; null where nothing is dropped. */
  readonly dropoutStream: RandomStream | null;
}

/** @throws BertInputError when training lacks a dropout stream */
export function forwardMode(
  { training = false, dropout }: ForwardOptions,
  rates: readonly number[],
): ForwardMode {
  if (!training || rates.every((rate) => rate === 0)) return { dropoutStream: null };
  if (dropout) return { dropoutStream: dropout };
  throw new BertInputError(
    "training with dropout needs a random stream: pass { training: true, dropout: randomStreams(seed).stream('dropout').at(step) }",
  );
}

/** Inverted dropout of activations, or the activations themselves outside training. */
export function dropActivations(x: tf.Tensor2D, rate: number, { dropoutStream }: ForwardMode): tf.Tensor2D {
  return dropoutStream === null || rate === 0 ? x : (dropout(x, rate, dropoutStream) as tf.Tensor2D);
}
