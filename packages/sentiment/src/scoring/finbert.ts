import { join } from 'node:path';
import type { InferencePrecision } from '@fin/amp';
import { BertInputError } from '@fin/finbert-lora';
import type { BertTokenizer } from '@fin/finbert-lora/tokenizer';
import { cacheRoot } from '@fin/runtime';
import type { Sentiment } from '../sentiment.js';
import { toSentiment } from '../sentiment.js';
import { ScoreCache } from './cache/score-cache.js';
import { encodeTexts } from './encode-texts.js';
import type { LoadSentimentModelOptions, SentimentModel } from './load-sentiment-model.js';
import { loadSentimentModel } from './load-sentiment-model.js';
import { lowerForInference } from './lower-for-inference.js';
import type { TextClassifier } from './score-texts.js';
import { scoreTexts } from './score-texts.js';
import { hashValue } from './weights-digest.js';

/** Version of the scoring code. A new version makes all cached scores invalid. */
const SCORING_VERSION = 1;

/** Longer than any headline. Costs nothing for short texts, since batches have no padding. */
const DEFAULT_MAX_LENGTH = 128;

/** Enough tokens for fast matrix products, few enough for the results to stay in the processor's cache. */
const DEFAULT_TOKENS_PER_BATCH = 2048;

/** Settings of {@link FinBert.load}. */
export interface FinBertOptions extends LoadSentimentModelOptions {
  /** Maximum tokens per text, [CLS] and [SEP] included; the rest is cut off. @default 128, or the model's maximum if lower */
  readonly maxLength?: number;
  /**
   * Number format for compute and weights; `int8` quantizes linear layers dynamically. Each gives its own scores.
   * @default 'fp32'
   */
  readonly precision?: InferencePrecision;
  /** Maximum tokens per forward pass. @default 2048 */
  readonly tokensPerBatch?: number;
  /** Cache folder; null caches in memory only. @default `sentiment` in the cache of @fin/runtime */
  readonly cacheDir?: string | null;
}

/** Settings of one call of {@link FinBert.sentiment}. */
export interface SentimentOptions {
  /** Called before the first and after each forward pass. */
  readonly onProgress?: (progress: SentimentProgress) => void;
  /** Stops between two forward passes; then rejects with `signal.reason`; scores so far stay in the cache. */
  readonly signal?: AbortSignal;
}

/** Progress of scoring. */
export interface SentimentProgress {
  /** Texts scored in this call. */
  readonly texts: number;
  /** Distinct texts to score in this call: those not in the cache. */
  readonly totalTexts: number;
  /** Tokens scored, [CLS] and [SEP] included. They determine the time that scoring takes. */
  readonly tokens: number;
  /** Estimated while texts are still being tokenized, which happens ahead of the scoring. */
  readonly totalTokens: number;
}

/**
 * A sentiment model: BERT with the classes positive, negative and neutral, made by `fin finetune` or published, such as
 * ProsusAI/finbert.
 *
 * Each distinct text is scored once per model. The scores are cached on disk; the key covers the content of the model's files,
 * the tokenizer, `maxLength`, the precision and the text. An interrupted call keeps the scores so far.
 *
 * @example
 * await loadTensorFlow();
 * const finbert = await FinBert.load('finbert');
 * const [{ label, score }] = await finbert.sentiment(['Profit rose sharply.']);
 * finbert.dispose();
 */
export class FinBert {
  /** sha256 of everything that decides a score besides the text. */
  readonly fingerprint: string;
  /** Maximum tokens per text. */
  readonly maxLength: number;
  readonly precision: InferencePrecision;
  readonly #parts: SentimentModel;
  readonly #classifier: TextClassifier;
  readonly #cache: ScoreCache;
  readonly #tokensPerBatch: number;

  private constructor(
    parts: SentimentModel,
    cache: ScoreCache,
    settings: {
      fingerprint: string;
      maxLength: number;
      precision: InferencePrecision;
      tokensPerBatch: number;
    },
  ) {
    this.#parts = parts;
    this.precision = settings.precision;
    this.#classifier = lowerForInference(parts.model, settings.precision);
    this.#cache = cache;
    this.fingerprint = settings.fingerprint;
    this.maxLength = settings.maxLength;
    this.#tokensPerBatch = settings.tokensPerBatch;
  }

  /**
   * Loads a sentiment model.
   *
   * @param dir folder of a model with a trained head, or of an adapter that `fin finetune` trained
   * @throws BertInputError when the model has no trained head for sentiment, or an adapter was trained on another base model;
   *   else as `loadBert`
   */
  static async load(dir: string, options: FinBertOptions = {}): Promise<FinBert> {
    const { precision = 'fp32', tokensPerBatch = DEFAULT_TOKENS_PER_BATCH } = options;
    const { cacheDir = join(cacheRoot(), 'sentiment') } = options;
    const parts = await loadSentimentModel(dir, options);
    try {
      const { maxPositionEmbeddings } = parts.model.config;
      const maxLength = options.maxLength ?? Math.min(DEFAULT_MAX_LENGTH, maxPositionEmbeddings);
      if (maxLength > maxPositionEmbeddings) {
        throw new BertInputError(
          `maxLength is ${maxLength}; the model has ${maxPositionEmbeddings} positions`,
          {
            file: dir,
          },
        );
      }
      const ways = [SCORING_VERSION, parts.fingerprint, parts.tokenizer.fingerprint, maxLength];
      if (precision !== 'fp32') ways.push(precision);
      const fingerprint = hashValue(ways);
      const cache = await ScoreCache.open(cacheDir, fingerprint);
      return new FinBert(parts, cache, { fingerprint, maxLength, precision, tokensPerBatch });
    } catch (error) {
      parts.model.dispose();
      throw error;
    }
  }

  get tokenizer(): BertTokenizer {
    return this.#parts.tokenizer;
  }

  /**
   * Scores texts.
   *
   * @returns the sentiment of each text, in the same order
   * @throws `signal.reason` when the signal stopped the scoring
   */
  async sentiment(texts: readonly string[], options: SentimentOptions = {}): Promise<Sentiment[]> {
    const unknown = [...new Set(texts)].filter((text) => this.#cache.get(text) === undefined);
    if (unknown.length > 0) await this.#score(unknown, options);
    return texts.map((text) => toSentiment(this.#cache.get(text)!));
  }

  /** Frees the model. */
  dispose(): void {
    this.#parts.model.dispose();
  }

  async #score(texts: readonly string[], { onProgress, signal }: SentimentOptions): Promise<void> {
    const { tokenizer, columns } = this.#parts;
    const { maxLength } = this;
    let progress: SentimentProgress = { texts: 0, totalTexts: texts.length, tokens: 0, totalTokens: 0 };
    const report = (change: Partial<SentimentProgress>) => {
      progress = { ...progress, ...change };
      onProgress?.(progress);
    };
    const settings = { tokensPerBatch: this.#tokensPerBatch, columns, signal };
    let encoded = 0;
    try {
      for await (const { first, sequences } of encodeTexts(tokenizer, texts, { maxLength, signal })) {
        encoded += sequences.reduce((sum, { length }) => sum + length, 0);
        const share = (first + sequences.length) / texts.length;
        report({ totalTokens: Math.round(encoded / share) });
        for await (const { indices, scores, tokens } of scoreTexts(this.#classifier, sequences, settings)) {
          await this.#cache.add(indices.map((index, row) => [texts[first + index], scores[row]] as const));
          report({ texts: progress.texts + indices.length, tokens: progress.tokens + tokens });
        }
      }
    } finally {
      await this.#cache.close();
    }
  }
}
