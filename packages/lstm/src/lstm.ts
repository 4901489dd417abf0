import { lstm, usesFusedOps } from '@fin/kernels';
import type { DrawnRows, Module, RandomStream } from '@fin/runtime';
import { dropout as applyDropout, hasNativeOps } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { composedLayer } from './composed-layer.js';
import { fusedLayer } from './fused-layer.js';
import type { LayerFunction, LayerVariables } from './layer.js';
import { hiddenStates, lastCell, lastHidden, makeLayerVariables } from './layer.js';

/** Invalid input or settings of an {@link Lstm}: an impossible size, an input of another shape, a missing random stream. */
export class LstmError extends Error {
  readonly kind = 'input';
  override readonly name: string = 'LstmError';
}

/** Settings of an {@link Lstm}. */
export interface LstmOptions {
  /** Input values per time step. */
  readonly inputSize: number;
  /** Size of the hidden state, and of the output per time step. */
  readonly hiddenSize: number;
  /** Stacked layers. @default 1 */
  readonly numLayers?: number;
  /** Dropout rate between layers during training; the last layer has no dropout. @default 0 */
  readonly dropout?: number;
  /** Random stream of the initial weights. */
  readonly init: RandomStream;
  /**
   * `fused`: one op of @fin/kernels for all layers if its `loadKernels` has loaded them, else TensorFlow's block LSTM ops;
   * `composed`: tfjs ops. The results are the same but for rounding.
   * @default fused on native TensorFlow, composed elsewhere
   */
  readonly implementation?: 'fused' | 'composed';
}

/** Settings of one call of {@link Lstm.forward}. */
export interface LstmForwardOptions {
  /** Whether to apply dropout. @default false */
  readonly training?: boolean;
  /** Random stream of the dropout masks; required when dropout applies. */
  readonly dropout?: RandomStream;
  /** Place of x in a larger batch, whose dropout masks it gets. @default a whole batch */
  readonly part?: DrawnRows | null;
}

/** Result of {@link Lstm.forward}. */
export interface LstmResult {
  /** Hidden state of the last layer at each time, [batch, time, hidden]. */
  readonly output: tf.Tensor3D;
  /** Last hidden state of each layer, `h_n`: numLayers × [batch, hidden]. */
  readonly hidden: tf.Tensor2D[];
  /** Last cell state of each layer, `c_n`: numLayers × [batch, hidden]. */
  readonly cell: tf.Tensor2D[];
}

interface LayerDropout {
  readonly rate: number;
  readonly stream: RandomStream;
  /** Rows of [time, batch] in those of the whole batch. */
  readonly rows: DrawnRows | null;
}

/**
 * Long short-term memory with the equations, names, layout and initial distribution of `torch.nn.LSTM` (`batch_first`, one direction,
 * initial state zero).
 *
 * ```
 * x [batch, time, input] ─ transpose ─ layer 0 ─ (dropout) ─ layer 1 ─ … ─ transpose ─ output [batch, time, hidden]
 *                                         └ h_n, c_n            └ h_n, c_n
 * ```
 *
 * @see Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735
 */
export class Lstm implements Module {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly dropout: number;
  readonly #layers: LayerVariables[] = [];
  readonly #implementation: 'fused' | 'composed' | undefined;

  constructor(options: LstmOptions) {
    const { inputSize, hiddenSize, numLayers = 1, dropout = 0, init } = options;
    requirePositiveInteger('inputSize', inputSize);
    requirePositiveInteger('hiddenSize', hiddenSize);
    requirePositiveInteger('numLayers', numLayers);
    if (!(dropout >= 0 && dropout < 1))
      throw new LstmError(`dropout is ${dropout}; it must be from 0 to below 1`);
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.dropout = dropout;
    this.#implementation = options.implementation;
    try {
      for (let layer = 0; layer < numLayers; layer++) {
        this.#layers.push(makeLayerVariables(layer, layer === 0 ? inputSize : hiddenSize, hiddenSize, init));
      }
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /**
   * @param x [batch, time, input]
   * @throws {LstmError} when the input has another shape, or dropout applies without a random stream
   */
  forward(x: tf.Tensor3D, options: LstmForwardOptions = {}): LstmResult {
    this.#check(x);
    const dropout = this.#dropoutOf(options, x.shape[1]);
    const fused = (this.#implementation ?? (hasNativeOps() ? 'fused' : 'composed')) === 'fused';
    if (fused && usesFusedOps()) return lstm(x, this.#layers, dropout);
    return this.#forwardByLayer(x, fused ? fusedLayer : composedLayer, dropout);
  }

  /** Weights by their PyTorch names: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, `weight_ih_l1`, … */
  namedParameters(): Map<string, tf.Variable> {
    return new Map(
      this.#layers.flatMap((weights, layer): [string, tf.Variable][] => [
        [`weight_ih_l${layer}`, weights.inputKernel],
        [`weight_hh_l${layer}`, weights.recurrentKernel],
        [`bias_ih_l${layer}`, weights.inputBias],
        [`bias_hh_l${layer}`, weights.recurrentBias],
      ]),
    );
  }

  /** Frees the weights. */
  dispose(): void {
    for (const variable of this.namedParameters().values()) variable.dispose();
  }

  #forwardByLayer(x: tf.Tensor3D, runLayer: LayerFunction, dropout: LayerDropout | null): LstmResult {
    return tf.tidy(() => {
      const hidden: tf.Tensor2D[] = [];
      const cell: tf.Tensor2D[] = [];
      let sequence = tf.transpose(x, [1, 0, 2]); // [time, batch, input]
      this.#layers.forEach((weights, layer) => {
        if (layer > 0 && dropout) {
          sequence = applyDropout(sequence, dropout.rate, dropout.stream, dropout.rows) as tf.Tensor3D;
        }
        const states = runLayer(sequence, weights);
        sequence = hiddenStates(states); // [time, batch, hidden]
        hidden.push(lastHidden(states));
        cell.push(lastCell(states));
      });
      return { output: tf.transpose(sequence, [1, 0, 2]), hidden, cell };
    }) as LstmResult;
  }

  /** Dropout between layers; null where none applies. */
  #dropoutOf(
    { training = false, dropout: stream, part }: LstmForwardOptions,
    time: number,
  ): LayerDropout | null {
    if (!training || this.dropout === 0 || this.numLayers === 1) return null;
    if (!stream) {
      throw new LstmError(
        `dropout is ${this.dropout}: pass forward() the random stream of its masks as dropout`,
      );
    }
    return { rate: this.dropout, stream, rows: part ? atEachTime(part, time) : null };
  }

  #check(x: tf.Tensor3D): void {
    const [, time, input] = x.shape;
    if (x.rank === 3 && time > 0 && input === this.inputSize) return;
    throw new LstmError(
      `the input has the shape [${x.shape}]; this Lstm takes [batch, time, ${this.inputSize}] with at least one time step`,
    );
  }
}

/** Rows of [time, batch] for a part of the batch. */
function atEachTime({ numbers, of }: DrawnRows, time: number): DrawnRows {
  const size = numbers.length;
  const rows = Int32Array.from(
    { length: time * size },
    (_, i) => Math.floor(i / size) * of + numbers[i % size],
  );
  return { numbers: rows, of: time * of };
}

function requirePositiveInteger(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new LstmError(`${name} is ${value}; it must be a positive integer`);
}
