import { sentimentLabels } from '@fin/data';
import type { Module, RandomStream } from '@fin/runtime';
import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** Features per headline: its class probabilities and log2(1 + rank). */
const FEATURES: number = sentimentLabels.length + 1;

/** Logit of padding, which the softmax turns into weight 0. Finite, so that a day without headlines gives no NaN. */
const MASKED = -1e9;

/** Headlines of several days, padded to the day with the most headlines. */
export interface HeadlineAttentionInput {
  /** Class probabilities in the order of `sentimentLabels`. float32 [days, headlines, 3] */
  readonly probabilities: tf.Tensor3D;
  /** Ranks, from 1. float32 [days, headlines] */
  readonly ranks: tf.Tensor2D;
  /** 1 for a headline, 0 for padding, whose other values are ignored. float32 [days, headlines] */
  readonly mask: tf.Tensor2D;
}

/** Settings of {@link HeadlineAttention}. */
export interface HeadlineAttentionOptions {
  /** Width of the hidden layer. @default 8 */
  readonly hiddenSize?: number;
  /** Source of the initial weights. */
  readonly init: RandomStream;
  /** Prefix of the variables' names. @default '' */
  readonly path?: string;
}

/**
 * Learned weights for a day's headlines: additive attention (Bahdanau et al. 2015) with a learned query. Each headline gets a
 * logit from its class probabilities and its rank. The softmax of these logits over the day gives the weights of the mean.
 *
 * ```
 * [pos, neg, neu, log2(1 + rank)] ── tanh(linear) ── query ── softmax over the day ── weighted mean of [pos, neg, neu]
 * ```
 *
 * The query starts at zero, so the module starts as the plain mean.
 */
export class HeadlineAttention implements Module {
  /** [hidden, 4] */
  readonly #weight: tf.Variable;
  /** [hidden] */
  readonly #bias: tf.Variable;
  /** [hidden, 1] */
  readonly #query: tf.Variable;

  constructor({ hiddenSize = 8, init, path = '' }: HeadlineAttentionOptions) {
    const prefix = path === '' ? '' : `${path}.`;
    const bound = 1 / Math.sqrt(FEATURES);
    this.#weight = parameter(`${prefix}hidden.weight`, init.uniform([hiddenSize, FEATURES], -bound, bound));
    this.#bias = parameter(`${prefix}hidden.bias`, tf.zeros([hiddenSize]));
    this.#query = parameter(`${prefix}query.weight`, tf.zeros([hiddenSize, 1]));
  }

  /** @returns mean class probabilities of each day, zeros for a day without headlines. float32 [days, 3] */
  forward({ probabilities, ranks, mask }: HeadlineAttentionInput): tf.Tensor2D {
    return tf.tidy(() => {
      const [days, headlines] = mask.shape;
      const log2 = tf.div(tf.log1p(ranks), Math.LN2);
      const features = tf.concat([probabilities, tf.reshape(log2, [days, headlines, 1])], 2);
      const rows = tf.reshape(features, [days * headlines, FEATURES]);
      const hidden = tf.tanh(tf.add(tf.matMul(rows, this.#weight, false, true), this.#bias));
      const logits = tf.reshape(tf.matMul(hidden, this.#query), [days, headlines]);
      const kept = tf.softmax(tf.add(logits, tf.mul(tf.sub(1, mask), MASKED)));
      const weights = tf.reshape(tf.mul(kept, mask), [days, 1, headlines]);
      const means = tf.matMul(weights, probabilities); // [days, 1, 3]
      return tf.reshape(means, [days, sentimentLabels.length]) as tf.Tensor2D;
    });
  }

  namedParameters(): Map<string, tf.Variable> {
    return new Map([
      ['hidden.weight', this.#weight],
      ['hidden.bias', this.#bias],
      ['query.weight', this.#query],
    ]);
  }

  dispose(): void {
    for (const variable of this.namedParameters().values()) variable.dispose();
  }
}
