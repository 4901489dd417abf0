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
  readonly training: boolean;
  /** Where dropout draws from; null where nothing is dropped. */
  readonly dropoutStream: RandomStream | null;
}

/**
 * @param rates of the model itself; adapters may have theirs
 * @throws BertInputError when training lacks a dropout stream
 */
export function forwardMode(
  { training = false, dropout }: ForwardOptions,
  rates: readonly number[],
): ForwardMode {
  const mode = { training, dropoutStream: training && dropout ? dropout : null };
  requireStream(mode, Math.max(...rates));
  return mode;
}

/**
 * Inverted dropout of activations, or the activations themselves outside training.
 *
 * @throws BertInputError when training lacks a dropout stream
 */
export function dropActivations(x: tf.Tensor2D, rate: number, mode: ForwardMode): tf.Tensor2D {
  requireStream(mode, rate);
  const { dropoutStream } = mode;
  return dropoutStream === null || rate === 0 ? x : (dropout(x, rate, dropoutStream) as tf.Tensor2D);
}

function requireStream({ training, dropoutStream }: ForwardMode, rate: number): void {
  if (!training || rate === 0 || dropoutStream !== null) return;
  throw new BertInputError(
    "training with dropout needs a random stream: pass { training: true, dropout: randomStreams(seed).stream('dropout').at(step) }",
  );
}
