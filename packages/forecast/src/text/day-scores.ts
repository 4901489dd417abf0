import { sentimentLabels } from '@fin/data';
import type { RandomStream } from '@fin/runtime';
import type { SentimentProbabilities } from '@fin/sentiment';
import { aggregateDay, HeadlineAttention, rankWeight } from '@fin/sentiment';
import * as tf from '@tensorflow/tfjs-core';
import type { HeadlineAggregate } from '../model/settings.js';

/** A headline and its score. */
export interface ScoredDayHeadline {
  /** From 1. */
  readonly rank: number;
  readonly sentiment: SentimentProbabilities;
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

/**
 * Place of each headline of several days, in the order of the days and of their headlines, for class probabilities that the model
 * itself computes.
 */
export interface DayLayout {
  /** Weights of the headlines: one row per day, or one per place of a headline. float32 [rows, headlines] */
  readonly select: tf.Tensor2D;
  /** float32 [days, places]; present only with one row per place, like `mask` */
  readonly ranks?: tf.Tensor2D;
  readonly mask?: tf.Tensor2D;
}

/** Aggregates the scored headlines of each day into one sentiment. */
export interface DayAggregator {
  /** Makes the tensors of these days. The caller disposes them. */
  prepare(days: readonly (readonly ScoredDayHeadline[])[]): DayScores;
  /** Makes the layout of these days. The caller disposes its tensors. */
  layout(days: readonly (readonly Pick<ScoredDayHeadline, 'rank'>[])[]): DayLayout;
  /** @param probabilities of the headlines of a layout. float32 [headlines, 3] */
  gather(layout: DayLayout, probabilities: tf.Tensor2D): DayScores;
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
    layout(days) {
      const headlines = countHeadlines(days);
      const select = new Float32Array(days.length * headlines);
      let at = 0;
      days.forEach((day, d) => {
        const weights = day.map(({ rank }) => (aggregate === 'mean' ? 1 : rankWeight(rank)));
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (const weight of weights) select[d * headlines + at++] = weight / total;
      });
      return { select: tf.tensor2d(select, [days.length, headlines]) };
    },
    gather: ({ select }, probabilities) => ({ probabilities: tf.matMul(select, probabilities) }),
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
    layout(days) {
      const headlines = countHeadlines(days);
      const places = Math.max(1, ...days.map(({ length }) => length));
      const select = new Float32Array(days.length * places * headlines);
      const ranks = new Float32Array(days.length * places);
      const mask = new Float32Array(days.length * places);
      let next = 0;
      days.forEach((day, d) => {
        day.forEach(({ rank }, i) => {
          const at = d * places + i;
          ranks[at] = rank;
          mask[at] = 1;
          select[at * headlines + next++] = 1;
        });
      });
      return {
        select: tf.tensor2d(select, [days.length * places, headlines]),
        ranks: tf.tensor2d(ranks, [days.length, places]),
        mask: tf.tensor2d(mask, [days.length, places]),
      };
    },
    gather({ select, ranks, mask }, probabilities) {
      const rows = tf.matMul(select, probabilities); // [days * places, 3]
      return { probabilities: tf.reshape(rows, [...mask!.shape, sentimentLabels.length]), ranks, mask };
    },
    forward: ({ probabilities, ranks, mask }) =>
      attention.forward({ probabilities: probabilities as tf.Tensor3D, ranks: ranks!, mask: mask! }),
    namedParameters: () =>
      new Map([...attention.namedParameters()].map(([name, variable]) => [`attention.${name}`, variable])),
    dispose: () => attention.dispose(),
  };
}

/** Number of headlines of all days; 1 without any, since a batch then holds one empty text. */
const countHeadlines = (days: readonly (readonly unknown[])[]): number =>
  Math.max(
    1,
    days.reduce((sum, { length }) => sum + length, 0),
  );
