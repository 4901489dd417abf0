import type { DropoutOptions } from '@fin/kernels';
import { dropout } from '@fin/kernels';
import type { RandomStream } from '@fin/runtime';
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
  const drop = dropoutAt(rate, mode);
  return drop ? dropout(x, drop) : x;
}

/**
 * What is dropped at one place of the model; null where nothing is.
 *
 * @throws BertInputError when training lacks a dropout stream
 */
export function dropoutAt(rate: number, mode: ForwardMode): DropoutOptions | null {
  requireStream(mode, rate);
  const { dropoutStream: stream } = mode;
  return stream === null || rate === 0 ? null : { rate, stream };
}

function requireStream({ training, dropoutStream }: ForwardMode, rate: number): void {
  if (!training || rate === 0 || dropoutStream !== null) return;
  throw new BertInputError(
    "training with dropout needs a random stream: pass { training: true, dropout: randomStreams(seed).stream('dropout').at(step) }",
  );
}
