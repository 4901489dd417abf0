import type { Module, RandomStream } from '@fin/runtime';
import { dropout as applyDropout, hasNativeOps } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { composedLayer } from './composed-layer.js';
import { LstmError } from './errors.js';
import { fusedLayer } from './fused-layer.js';
import type { LayerFunction } from './layer.js';
import { hiddenStates, lastCell, lastHidden } from './layer-states.js';
import type { LayerVariables } from './layer-weights.js';
import { makeLayerVariables } from './layer-weights.js';

/** How an {@link Lstm} is built. */
export interface LstmOptions {
  /** Values per time step of the input. */
  readonly inputSize: number;
  /** Values of the state, and of each time step of the output. */
  readonly hiddenSize: number;
  /** Layers on top of each other. @default 1 */
  readonly numLayers?: number;
  /** Rate of the dropout between layers while training; the last layer's output has none. @default 0 */
  readonly dropout?: number;
  /** Where the initial weights are drawn from. */
  readonly init: RandomStream;
  /**
   * `fused`: TensorFlow's block LSTM ops; `composed`: ordinary tfjs ops, the same results, slower.
   * @default fused on native TensorFlow, composed elsewhere
   */
  readonly implementation?: 'fused' | 'composed';
}

/** How one call of {@link Lstm.forward} runs. */
export interface LstmForwardOptions {
  /** Whether dropout acts. @default false */
  readonly training?: boolean;
  /** Where dropout draws from; needed where it acts. */
  readonly dropout?: RandomStream;
}

/** What {@link Lstm.forward} returns. */
export interface LstmResult {
  /** Hidden state of the last layer at each time, [batch, time, hidden]. */
  readonly output: tf.Tensor3D;
  /** Last hidden state of each layer, `h_n`: numLayers × [batch, hidden]. */
  readonly hidden: tf.Tensor2D[];
  /** Last cell state of each layer, `c_n`: numLayers × [batch, hidden]. */
  readonly cell: tf.Tensor2D[];
}

/**
 * A long short-term memory with `torch.nn.LSTM`'s equations, names, layout and initial distribution (`batch_first`, one
 * direction, initial state zero).
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
  readonly #layers: readonly LayerVariables[];
  readonly #implementation: 'fused' | 'composed' | undefined;

  constructor(options: LstmOptions) {
    const { inputSize, hiddenSize, numLayers = 1, dropout = 0, init } = options;
    requirePositiveInteger('inputSize', inputSize);
    requirePositiveInteger('hiddenSize', hiddenSize);
    requirePositiveInteger('numLayers', numLayers);
    if (!(dropout >= 0 && dropout < 1)) throw new LstmError(`dropout is ${dropout}; it must lie in [0, 1)`);
    this.inputSize = inputSize;
    this.hiddenSize = hiddenSize;
    this.numLayers = numLayers;
    this.dropout = dropout;
    this.#implementation = options.implementation;
    this.#layers = Array.from({ length: numLayers }, (_, layer) =>
      makeLayerVariables(layer, layer === 0 ? inputSize : hiddenSize, hiddenSize, init),
    );
  }

  /**
   * @param x [batch, time, input]
   * @throws {LstmError} when the input has another shape, or dropout acts without a stream
   */
  forward(x: tf.Tensor3D, options: LstmForwardOptions = {}): LstmResult {
    this.#check(x);
    const runLayer = this.#layerFunction();
    return tf.tidy(() => {
      const hidden: tf.Tensor2D[] = [];
      const cell: tf.Tensor2D[] = [];
      let sequence = tf.transpose(x, [1, 0, 2]); // [time, batch, input]
      this.#layers.forEach((weights, layer) => {
        if (layer > 0) sequence = this.#between(sequence, options);
        const states = runLayer(sequence, weights);
        sequence = hiddenStates(states); // [time, batch, hidden]
        hidden.push(lastHidden(states));
        cell.push(lastCell(states));
      });
      return { output: tf.transpose(sequence, [1, 0, 2]), hidden, cell };
    }) as LstmResult;
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

  #layerFunction(): LayerFunction {
    const implementation = this.#implementation ?? (hasNativeOps() ? 'fused' : 'composed');
    return implementation === 'fused' ? fusedLayer : composedLayer;
  }

  #between(sequence: tf.Tensor3D, { training = false, dropout: stream }: LstmForwardOptions): tf.Tensor3D {
    if (!training || this.dropout === 0) return sequence;
    if (!stream) {
      throw new LstmError(`dropout is ${this.dropout}: give forward() the random stream that it draws from`);
    }
    return applyDropout(sequence, this.dropout, stream) as tf.Tensor3D;
  }

  #check(x: tf.Tensor3D): void {
    const [, time, input] = x.shape;
    if (x.rank === 3 && time > 0 && input === this.inputSize) return;
    throw new LstmError(
      `the input has the shape [${x.shape}]; this Lstm takes [batch, time, ${this.inputSize}] with at least one time step`,
    );
  }
}

function requirePositiveInteger(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new LstmError(`${name} is ${value}; it must be a positive integer`);
}
