import type { Fold, Sample, Split } from '@fin/data';
import type { StoredJob } from '@fin/run';
import type { ForecasterSettings } from '../model/settings.js';
import type { SplitForecast } from '../pipeline/forecast-split.js';
import { forecastSplit } from '../pipeline/forecast-split.js';
import type { SentimentScores } from '../text/sentiment-scores.js';
import { scoresOf } from '../text/sentiment-scores.js';

/** One training of a walk-forward: a variant on a fold with a seed. */
export interface FoldJob {
  /** Unique name, also of its file. */
  readonly name: string;
  /** Index of the variant. */
  readonly variant: number;
  /** Index of the fold. */
  readonly fold: number;
  /** Index of the seed. */
  readonly seed: number;
  readonly settings: ForecasterSettings;
  /** The days of the fold. A job that must not see the test days has none. */
  readonly split: Split<Sample>;
  /** Scores of the headlines by a frozen sentiment model; null for a variant that needs none. */
  readonly scores: SentimentScores | null;
  /** sha256 of the pretrained model that is trained jointly; null for a variant without one. */
  readonly pretrained: string | null;
}

/** What decides a job besides its fold. */
export type FoldJobPart = Pick<FoldJob, 'variant' | 'seed' | 'settings' | 'scores' | 'pretrained'>;

/** Result of a job: the forecasts of its validation and test days. */
export type FoldForecast = SplitForecast;

/** What a process needs for a job: its days, and the scores of their headlines alone. */
export interface FoldInput extends Pick<FoldJob, 'settings' | 'scores' | 'pretrained'> {
  readonly split: Split<Sample>;
}

/** Makes a job. @param test whether the fold's test days are part of it */
export function foldJob(
  part: string,
  { train, validation, test, index }: Fold<Sample>,
  job: FoldJobPart,
): FoldJob {
  return {
    ...job,
    name: `${part}-variant-${job.variant}-fold-${index}-seed-${job.seed}`,
    fold: index,
    split: { train, validation, test },
  };
}

/** The job as its result is stored. @param data fingerprint of the market */
export function storedFold({ name, settings, split, scores, pretrained }: FoldJob, data: string): StoredJob {
  const dates = [split.train, split.validation, split.test].map((part) =>
    part.map(({ decisionDate }) => decisionDate),
  );
  return { name, inputs: [data, settings, dates, scores?.fingerprint ?? null, pretrained] };
}

/** The input of a job, as small as it can be, since it is sent to another process. */
export function inputOf({ settings, scores, pretrained, split }: FoldJob): FoldInput {
  const texts = [...split.train, ...split.validation, ...split.test].flatMap(({ headlines }) =>
    headlines.map(({ text }) => text),
  );
  return { settings, split, pretrained, scores: scores && scoresOf(scores, texts) };
}

/** Trains and forecasts one fold. Reports the share that is done, from 0 to 1. */
export async function forecastFold(
  { settings, split, scores, pretrained }: FoldInput,
  onProgress: (share: number) => void,
  signal?: AbortSignal,
): Promise<FoldForecast> {
  return forecastSplit(split, settings, {
    scores: scores ?? undefined,
    pretrained: pretrained ?? undefined,
    splits: ['validation', 'test'],
    signal,
    onEvent: ({ phase, done, total }) => {
      if (phase === 'training') onProgress(done / total);
    },
  });
}
