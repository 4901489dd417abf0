import { resolve } from 'node:path';
import type { Sample } from '@fin/data';
import type { Sentiment } from '@fin/sentiment';
import { FinBert, modelOfRun } from '@fin/sentiment';
import { ForecastInputError } from '../errors.js';
import type { ForecasterSettings } from '../model/settings.js';
import type { SentimentReader } from './scored-text.js';
import type { ReadOptions } from './text-source.js';

/** Scores of headlines by a frozen sentiment model, as plain data that can be sent to another process. */
export interface SentimentScores {
  /** Folder of the model. */
  readonly model: string;
  /** sha256 of everything that decides a score besides the text. */
  readonly fingerprint: string;
  /** Maximum tokens per headline. */
  readonly maxLength: number;
  readonly scores: ReadonlyMap<string, Sentiment>;
}

/**
 * Scores the headlines of all days once, so that many forecasters can use the same scores.
 *
 * @returns null when these settings need no scores
 * @throws BertInputError when the sentiment model cannot be used; `signal.reason` when the signal stopped the scoring
 */
export async function scoreHeadlines(
  days: readonly Sample[],
  settings: ForecasterSettings,
  { signal, onProgress }: ReadOptions = {},
): Promise<SentimentScores | null> {
  const { text, model: dir, precision } = settings;
  if (text !== 'scored') return null;
  const model = resolve(modelOfRun(dir!));
  const reader = await FinBert.load(model, { precision });
  try {
    const texts = [...new Set(days.flatMap(({ headlines }) => headlines.map(({ text }) => text)))];
    const sentiments = await reader.sentiment(texts, {
      signal,
      onProgress: ({ tokens, totalTokens }) => onProgress?.(tokens, totalTokens),
    });
    const { fingerprint, maxLength } = reader;
    return { model, fingerprint, maxLength, scores: new Map(texts.map((text, i) => [text, sentiments[i]])) };
  } finally {
    reader.dispose();
  }
}

/** The scores of these texts alone. */
export function scoresOf(all: SentimentScores, texts: readonly string[]): SentimentScores {
  const scores = new Map(
    texts.flatMap((text) => (all.scores.has(text) ? [[text, all.scores.get(text)!]] : [])),
  );
  return { ...all, scores };
}

/** A sentiment model that knows the scores of these texts and no others. */
export function readerOfScores({ fingerprint, maxLength, scores }: SentimentScores): SentimentReader {
  return {
    fingerprint,
    maxLength,
    async sentiment(texts) {
      return texts.map((text) => {
        const known = scores.get(text);
        if (known) return known;
        throw new ForecastInputError(
          `there is no score of the headline "${text}": score all headlines first`,
        );
      });
    },
    dispose() {},
  };
}
