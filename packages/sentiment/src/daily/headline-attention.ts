import { sentimentLabels } from '@fin/data';
import type { Module, RandomStream } from '@fin/runtime';
import { parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';

/** Class probabilities and log2(1 + rank). */
const FEATURES: number = sentimentLabels.length + 1;

/** Keeps empty places out of the softmax; finite, so that a day without headlines gives no NaN. */
const MASKED = -1e9;

/** The headlines of several days side by side; days with fewer have empty places. */
export interface HeadlineAttentionInput {
  /** In the order of `sentimentLabels`. float32 [days, headlines, 3] */
  readonly probabilities: tf.Tensor3D;
  /** From 1. float32 [days, headlines] */
  readonly ranks: tf.Tensor2D;
  /** 1 for a headline, 0 for an empty place, whose other values do not matter. float32 [days, headlines] */
  readonly mask: tf.Tensor2D;
}

/** Settings of {@link HeadlineAttention}. */
export interface HeadlineAttentionOptions {
  /** Width of the hidden layer. @default 8 */
  readonly hiddenSize?: number;
  /** Source of the initial weights. */
  readonly init: RandomStream;
  /** Put before the names of variables. @default '' */
  readonly path?: string;
}

/**
 * A learned weighing of a day's headlines (additive attention, Bahdanau et al. 2015, with a fixed query): from its class
 * probabilities and its rank each headline gets a logit, their softmax over the day the weights of the mean.
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
