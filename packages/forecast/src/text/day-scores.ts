import { sentimentLabels } from '@fin/data';
import type { RandomStream } from '@fin/runtime';
import type { Sentiment } from '@fin/sentiment';
import { aggregateDay, HeadlineAttention } from '@fin/sentiment';
import * as tf from '@tensorflow/tfjs-core';
import type { HeadlineAggregate } from '../model/settings.js';

/** A headline and its score. */
export interface ScoredDayHeadline {
  /** From 1. */
  readonly rank: number;
  readonly sentiment: Sentiment;
}

/** Scores of several days: one row per day, or one per headline. */
export interface DayScores {
  /** float32 [days, 3], or [days, headlines, 3] */
  readonly probabilities: tf.Tensor;
  /** float32 [days, headlines]; present only with one row per headline, like `mask` */
  readonly ranks?: tf.Tensor2D;
  /** 1 for a headline, 0 for padding. */
  readonly mask?: tf.Tensor2D;
}

/** Aggregates the scored headlines of each day into one sentiment. */
export interface DayAggregator {
  /** Makes the tensors of these days. The caller disposes them. */
  prepare(days: readonly (readonly ScoredDayHeadline[])[]): DayScores;
  /** @returns mean class probabilities; zeros for a day without headlines. float32 [days, 3] */
  forward(scores: DayScores): tf.Tensor2D;
  namedParameters(): Map<string, tf.Variable>;
  dispose(): void;
}

/** @param init source of the initial weights of `attention` */
export function dayAggregator(aggregate: HeadlineAggregate, init: RandomStream): DayAggregator {
  return aggregate === 'attention' ? learned(init) : fixed(aggregate);
}

function fixed(aggregate: 'mean' | 'rank'): DayAggregator {
  return {
    prepare(days) {
      const rows = days.map((day) => {
        const sentiment = aggregateDay(day, aggregate);
        return sentimentLabels.map((label) => sentiment[label]);
      });
      return { probabilities: tf.tensor2d(rows, [days.length, sentimentLabels.length]) };
    },
    forward: ({ probabilities }) => probabilities as tf.Tensor2D,
    namedParameters: () => new Map(),
    dispose: () => {},
  };
}

function learned(init: RandomStream): DayAggregator {
  const attention = new HeadlineAttention({ init, path: 'text.attention' });
  return {
    prepare(days) {
      const places = Math.max(1, ...days.map(({ length }) => length));
      const probabilities = new Float32Array(days.length * places * sentimentLabels.length);
      const ranks = new Float32Array(days.length * places);
      const mask = new Float32Array(days.length * places);
      days.forEach((day, d) => {
        day.forEach(({ rank, sentiment }, i) => {
          const at = d * places + i;
          ranks[at] = rank;
          mask[at] = 1;
          probabilities.set(
            sentimentLabels.map((label) => sentiment[label]),
            at * sentimentLabels.length,
          );
        });
      });
      return {
        probabilities: tf.tensor3d(probabilities, [days.length, places, sentimentLabels.length]),
        ranks: tf.tensor2d(ranks, [days.length, places]),
        mask: tf.tensor2d(mask, [days.length, places]),
      };
    },
    forward: ({ probabilities, ranks, mask }) =>
      attention.forward({ probabilities: probabilities as tf.Tensor3D, ranks: ranks!, mask: mask! }),
    namedParameters: () =>
      new Map([...attention.namedParameters()].map(([name, variable]) => [`attention.${name}`, variable])),
    dispose: () => attention.dispose(),
  };
}
