import type { Sample } from '@fin/data';
import { StandardScaler, sentimentLabels } from '@fin/data';
import type { RandomStream } from '@fin/runtime';
import type { FinBert, Sentiment } from '@fin/sentiment';
import { aggregateDay } from '@fin/sentiment';
import * as tf from '@tensorflow/tfjs-core';
import type { HeadlineAggregate } from '../model/settings.js';
import type { DayAggregator, DayScores, ScoredDayHeadline } from './day-scores.js';
import { dayAggregator } from './day-scores.js';
import type { DayHeadlines, TextSize } from './headline-tokens.js';
import { NO_TEXT } from './headline-tokens.js';
import { scoreOf } from './score-of.js';
import { standardizeDays } from './standardize-days.js';
import type { ReadOptions, ScoredTextRecord, TextOutput, TextPart, TextSource } from './text-source.js';

/** A sentiment model, such as `FinBert`. */
export type SentimentReader = Pick<FinBert, 'sentiment' | 'fingerprint' | 'maxLength' | 'dispose'>;

/** The scored headlines of several days. */
export interface ScoredBatch extends DayScores {
  /** 1 for a day with headlines, else 0. float32 [days, 1] */
  readonly present: tf.Tensor2D;
}

/** Options of {@link ScoredText}. */
export interface ScoredTextOptions {
  /** Sentiment model. The source disposes it. */
  readonly reader: SentimentReader;
  /** Folder of the reader's model, for the record. */
  readonly model: string;
  readonly aggregate: HeadlineAggregate;
  /** Source of the initial weights of `attention`. */
  readonly init: RandomStream;
}

/**
 * Text source with the scores of a frozen, fine-tuned sentiment model. The mean class probabilities vary little from day to
 * day, so they are standardized with the mean and standard deviation of the training days.
 */
export class ScoredText implements TextSource<ScoredBatch> {
  /** Scores are computed once, so every step uses all headlines. */
  readonly trainHeadlinesPerDay = null;
  /** Zero, so that training alone decides whether sentiment moves prices. */
  readonly initialScoreWeight = 0;
  readonly #options: ScoredTextOptions;
  readonly #aggregator: DayAggregator;
  readonly #scores = new Map<string, Sentiment>();
  #scaler: StandardScaler | null = null;

  constructor(options: ScoredTextOptions) {
    this.#options = options;
    this.#aggregator = dayAggregator(options.aggregate, options.init);
  }

  /** Fits the scaler on these days. Call `read` with their headlines first. */
  fit(train: readonly Sample[]): this {
    const days = train.filter(({ headlines }) => headlines.length > 0);
    const rows = days.flatMap(({ headlines }) => {
      const sentiment = aggregateDay(this.#scored(headlines));
      return sentimentLabels.map((label) => sentiment[label]);
    });
    const none = sentimentLabels.map(() => 0);
    this.#scaler = new StandardScaler(sentimentLabels.length).fit(rows.length > 0 ? rows : none);
    return this;
  }

  /** Restores the scaler from a record. */
  restore({ sentiment }: ScoredTextRecord): this {
    this.#scaler = StandardScaler.fromJSON(sentiment);
    return this;
  }

  async read(texts: readonly string[], { onProgress, signal }: ReadOptions = {}): Promise<void> {
    const unread = [...new Set(texts)].filter((text) => !this.#scores.has(text));
    if (unread.length === 0) return;
    const sentiments = await this.#options.reader.sentiment(unread, {
      signal,
      onProgress: ({ tokens, totalTokens }) => onProgress?.(tokens, totalTokens),
    });
    unread.forEach((text, i) => {
      this.#scores.set(text, sentiments[i]);
    });
  }

  prepare(days: readonly DayHeadlines[]): ScoredBatch {
    const present = Float32Array.from(days, ({ length }) => Math.min(1, length));
    return {
      ...this.#aggregator.prepare(days.map((headlines) => this.#scored(headlines))),
      present: tf.tensor2d(present, [days.length, 1]),
    };
  }

  sizeOf(): TextSize {
    return NO_TEXT;
  }

  prepareForInference(): void {}

  forward({ present, ...scores }: ScoredBatch): TextOutput {
    const sentiment = this.#aggregator.forward(scores); // [days, 3]
    const features = standardizeDays(sentiment, present, this.#scaler!);
    return { sentiment, features, score: scoreOf(features) };
  }

  namedParameters(): Map<string, tf.Variable> {
    return this.#aggregator.namedParameters();
  }

  partOf(): TextPart {
    return 'aggregate';
  }

  toJSON(): ScoredTextRecord {
    const { model, aggregate, reader } = this.#options;
    const { fingerprint, maxLength } = reader;
    return { kind: 'scored', model, fingerprint, maxLength, aggregate, sentiment: this.#scaler!.toJSON() };
  }

  dispose(): void {
    this.#aggregator.dispose();
    this.#options.reader.dispose();
  }

  #scored(headlines: DayHeadlines): ScoredDayHeadline[] {
    return headlines.map(({ rank, text }) => ({ rank, sentiment: this.#scores.get(text)! }));
  }
}
