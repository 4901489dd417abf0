import type { Module, RandomStream } from '@fin/runtime';
import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { LstmError } from './lstm.js';

/** Settings of {@link AttentionPooling}. */
export interface AttentionPoolingOptions {
  /** Size of the hidden states. */
  readonly hiddenSize: number;
  /** Random stream of the initial weights. */
  readonly init: RandomStream;
}

/**
 * Attention over the time steps of an LSTM's output: their weighted mean, with weights from additive attention and a learned query
 * (Yang et al. 2016, Hierarchical Attention Networks, equations 5 to 7).
 *
 * ```
 * output [batch, time, hidden] ── tanh(linear) ── query ── softmax over time ── weighted mean [batch, hidden]
 * ```
 *
 * The query starts at zero, so that pooling starts as the mean over time. The linear layer starts like `torch.nn.Linear`.
 */
export class AttentionPooling implements Module {
  readonly hiddenSize: number;
  /** [hidden, hidden] */
  readonly #weight: tf.Variable;
  /** [hidden] */
  readonly #bias: tf.Variable;
  /** [hidden, 1] */
  readonly #query: tf.Variable;

  constructor({ hiddenSize, init }: AttentionPoolingOptions) {
    if (!Number.isInteger(hiddenSize) || hiddenSize < 1) {
      throw new LstmError(`hiddenSize is ${hiddenSize}; it must be a positive integer`);
    }
    const bound = 1 / Math.sqrt(hiddenSize);
    this.hiddenSize = hiddenSize;
    this.#weight = parameter('pooling.weight', init.uniform([hiddenSize, hiddenSize], -bound, bound));
    this.#bias = parameter('pooling.bias', init.uniform([hiddenSize], -bound, bound));
    this.#query = parameter('pooling.query', tf.zeros([hiddenSize, 1]));
  }

  /**
   * @param output hidden states of an LSTM, [batch, time, hidden]
   * @returns [batch, hidden]
   * @throws {LstmError} when the input has another shape
   */
  forward(output: tf.Tensor3D): tf.Tensor2D {
    const [batch, time, hidden] = output.shape;
    if (output.rank !== 3 || time < 1 || hidden !== this.hiddenSize) {
      throw new LstmError(
        `the input has the shape [${output.shape}]; this pooling takes [batch, time, ${this.hiddenSize}] with at least one time step`,
      );
    }
    return tf.tidy(() => {
      const rows = tf.reshape(output, [batch * time, hidden]);
      const keys = tf.tanh(tf.add(tf.matMul(rows, this.#weight, false, true), this.#bias));
      const weights = tf.softmax(tf.reshape(tf.matMul(keys, this.#query), [batch, time]));
      const mean = tf.matMul(tf.reshape(weights, [batch, 1, time]), output); // [batch, 1, hidden]
      return tf.reshape(mean, [batch, hidden]) as tf.Tensor2D;
    });
  }

  /** `weight` [hidden, hidden], `bias` [hidden], `query` [hidden, 1] */
  namedParameters(): Map<string, tf.Variable> {
    return new Map([
      ['weight', this.#weight],
      ['bias', this.#bias],
      ['query', this.#query],
    ]);
  }

  /** Frees the weights. */
  dispose(): void {
    for (const variable of this.namedParameters().values()) variable.dispose();
  }
}
