import { join } from 'node:path';
import type { Precision } from '@fin/amp';
import { precisionPolicy } from '@fin/amp';
import { BertInputError } from '@fin/finbert-lora';
import type { BertTokenizer } from '@fin/finbert-lora/tokenizer';
import { cacheRoot } from '@fin/runtime';
import type { Sentiment } from '../sentiment.js';
import { toSentiment } from '../sentiment.js';
import { ScoreCache } from './cache/score-cache.js';
import type { LoadSentimentModelOptions, SentimentModel } from './load-sentiment-model.js';
import { loadSentimentModel } from './load-sentiment-model.js';
import { lowerForInference } from './lower-for-inference.js';
import type { TextClassifier } from './score-texts.js';
import { scoreTexts } from './score-texts.js';
import { hashValue } from './weights-digest.js';

/** Changes when the same model would score the same text otherwise. */
const SCORING_VERSION = 1;

/** Longer than any headline, and free where it is not used: there is no padding. */
const DEFAULT_MAX_LENGTH = 128;

/** Enough to fill the matrix products, few enough for their results to stay in the processor's caches. */
const DEFAULT_TOKENS_PER_BATCH = 2048;

/** Settings of {@link FinBert.load}. */
export interface FinBertOptions extends LoadSentimentModelOptions {
  /** Tokens of a text that are read, [CLS] and [SEP] included. @default 128, or the model's positions if there are fewer */
  readonly maxLength?: number;
  /** Number format for compute and weights. Each gives its own scores. @default 'fp32' */
  readonly precision?: Precision;
  /** Tokens of one forward pass at most. @default 2048 */
  readonly tokensPerBatch?: number;
  /** Folder of the scores on disk; null keeps them in memory only. @default `sentiment` in the cache of @fin/runtime */
  readonly cacheDir?: string | null;
}

/** Settings of one call of {@link FinBert.sentiment}. */
export interface SentimentOptions {
  /** Called before the first and after each forward pass. */
  readonly onProgress?: (progress: SentimentProgress) => void;
  /** Stops between two forward passes, with its reason as error; what was scored by then is kept. */
  readonly signal?: AbortSignal;
}

/** How far the scoring of texts is. */
export interface SentimentProgress {
  /** Texts scored in this call. */
  readonly texts: number;
  /** Texts to score in this call: those not known yet, each once. */
  readonly totalTexts: number;
  /** Tokens of the texts scored, [CLS] and [SEP] included: what the time goes with. */
  readonly tokens: number;
  readonly totalTokens: number;
}

/**
 * A sentiment model: BERT with the classes positive, negative and neutral, as `fin finetune` makes it or as published
 * (ProsusAI/finbert and its like).
 *
 * Each distinct text is scored once per model: scores are kept on disk under the content of the model's files, the
 * tokenizer, `maxLength`, the precision and the text, and are there again after an interruption.
 *
 * @example
 * await loadTensorFlow();
 * const finbert = await FinBert.load('finbert');
 * const [{ label, score }] = await finbert.sentiment(['Profit rose sharply.']);
 * finbert.dispose();
 */
export class FinBert {
  /** sha256 of everything that decides a score beside the text. */
  readonly fingerprint: string;
  /** Tokens of a text that are read. */
  readonly maxLength: number;
  readonly precision: Precision;
  readonly #parts: SentimentModel;
  readonly #classifier: TextClassifier;
  readonly #cache: ScoreCache;
  readonly #tokensPerBatch: number;

  private constructor(
    parts: SentimentModel,
    cache: ScoreCache,
    settings: { fingerprint: string; maxLength: number; precision: Precision; tokensPerBatch: number },
  ) {
    this.#parts = parts;
    this.precision = settings.precision;
    this.#classifier = lowerForInference(parts.model, precisionPolicy(settings.precision));
    this.#cache = cache;
    this.fingerprint = settings.fingerprint;
    this.maxLength = settings.maxLength;
    this.#tokensPerBatch = settings.tokensPerBatch;
  }

  /**
   * @param dir folder of a model with a trained head, or of an adapter that `fin finetune` trained
   * @throws BertInputError when it cannot tell sentiment, or an adapter's base model is another; otherwise as `loadBert`
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
   * @returns the sentiment of each text, in their order
   * @throws the signal's reason when it stopped the work
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
    const sequences = texts.map((text) => tokenizer.encode(text, { maxLength: this.maxLength }));
    const totalTokens = sequences.reduce((sum, { length }) => sum + length, 0);
    let progress: SentimentProgress = { texts: 0, totalTexts: texts.length, tokens: 0, totalTokens };
    onProgress?.(progress);
    try {
      const settings = { tokensPerBatch: this.#tokensPerBatch, columns, signal };
      for await (const { indices, scores, tokens } of scoreTexts(this.#classifier, sequences, settings)) {
        await this.#cache.add(indices.map((index, row) => [texts[index], scores[row]] as const));
        progress = {
          ...progress,
          texts: progress.texts + indices.length,
          tokens: progress.tokens + tokens,
        };
        onProgress?.(progress);
      }
    } finally {
      await this.#cache.close();
    }
  }
}
