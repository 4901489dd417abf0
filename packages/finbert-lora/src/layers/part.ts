import type { DropoutOptions } from '@fin/kernels';
import { dropout } from '@fin/kernels';
import type { DrawnRows, Module, RandomStream } from '@fin/runtime';
import type * as tf from '@tensorflow/tfjs-core';
import { BertInputError } from '../errors.js';

/** A part of a model: its parameters, and a way to free them. */
export interface Part extends Module {
  dispose(): void;
}

/** A part made of parts. Its parameters are theirs, each name prefixed with the part's name. */
export abstract class Container implements Part {
  /** The parts by PyTorch's module names, in PyTorch's order. A dotted name stands for nested modules. */
  protected abstract parts(): readonly (readonly [string, Part])[];

  namedParameters(): Map<string, tf.Variable> {
    const parameters = new Map<string, tf.Variable>();
    for (const [path, part] of this.namedParts()) {
      if (part instanceof Container) continue;
      for (const [name, variable] of part.namedParameters()) parameters.set(`${path}.${name}`, variable);
    }
    return parameters;
  }

  /** Parts at every depth by their full path, such as `encoder.layer.0.attention.self.query`. */
  namedParts(): Map<string, Part> {
    const all = new Map<string, Part>();
    for (const [name, part] of this.parts()) {
      all.set(name, part);
      if (!(part instanceof Container)) continue;
      for (const [path, inner] of part.namedParts()) all.set(`${name}.${path}`, inner);
    }
    return all;
  }

  dispose(): void {
    for (const [, part] of this.parts()) part.dispose();
  }
}

/** Options of a forward pass. */
export interface ForwardOptions {
  /** Apply dropout. @default false */
  readonly training?: boolean;
  /** Source of the dropout masks. Required in training unless every dropout rate is 0. */
  readonly dropout?: RandomStream;
}

/** Mode of the current forward pass, passed to every layer. */
export interface ForwardMode {
  readonly training: boolean;
  /** Source of the dropout masks; null if nothing is dropped. */
  readonly dropoutStream: RandomStream | null;
  /** Rows of the current activations among those of a larger batch, whose masks they get; null for a whole batch. */
  readonly rows: DrawnRows | null;
}

/**
 * Checks the options of a forward pass.
 *
 * @param rates dropout rates of the model; adapters have their own
 * @throws BertInputError if training needs a dropout stream and has none
 */
export function forwardMode(
  { training = false, dropout }: ForwardOptions,
  rates: readonly number[],
): ForwardMode {
  const mode = { training, dropoutStream: training && dropout ? dropout : null, rows: null };
  requireStream(mode, Math.max(...rates));
  return mode;
}

/**
 * Dropout in training, the activations themselves otherwise.
 *
 * @throws BertInputError if training needs a dropout stream and has none
 */
export function dropActivations(x: tf.Tensor2D, rate: number, mode: ForwardMode): tf.Tensor2D {
  const drop = dropoutAt(rate, mode);
  return drop ? dropout(x, drop) : x;
}

/**
 * Options of one dropout in this forward pass; null if nothing is dropped.
 *
 * @throws BertInputError if training needs a dropout stream and has none
 */
export function dropoutAt(rate: number, mode: ForwardMode): DropoutOptions | null {
  requireStream(mode, rate);
  const { dropoutStream: stream, rows } = mode;
  return stream === null || rate === 0 ? null : { rate, stream, rows };
}

function requireStream({ training, dropoutStream }: ForwardMode, rate: number): void {
  if (!training || rate === 0 || dropoutStream !== null) return;
  throw new BertInputError(
    "training with dropout needs a random stream: pass { training: true, dropout: randomStreams(seed).stream('dropout').at(step) }",
  );
}
