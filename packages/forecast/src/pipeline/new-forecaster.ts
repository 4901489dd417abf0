import type { Sample, Split } from '@fin/data';
import { splitNames } from '@fin/data';
import { randomStreams } from '@fin/runtime';
import type { ForecasterSettings } from '../model/settings.js';
import { newTextSource } from '../text/open-text-source.js';
import type { SentimentScores } from '../text/sentiment-scores.js';
import { Forecaster } from './forecaster.js';

/** Options of {@link newForecaster}. */
export interface NewForecasterOptions {
  /**
   * Scores of all headlines by the sentiment model of the settings, from `scoreHeadlines`. @default the model is loaded and scores
   * them
   */
  readonly scores?: SentimentScores;
  /**
   * sha256 of the pretrained model to train jointly, from `tunableFingerprint` of `@fin/sentiment`. Another model is refused. @default any model
   */
  readonly pretrained?: string;
  /** Stops the scoring; then rejects with `signal.reason`. */
  readonly signal?: AbortSignal;
  /** Called with the tokens scored, and their total. */
  readonly onScoring?: (done: number, total: number) => void;
}

/**
 * Makes a forecaster to train on a split: text side, scalers, initial weights. Everything is fitted on `split.train`. The caller
 * trains it with `fitForecaster`, and disposes it.
 */
export async function newForecaster(
  split: Split<Sample>,
  settings: ForecasterSettings,
  { scores, pretrained, signal, onScoring }: NewForecasterOptions = {},
): Promise<Forecaster> {
  const init = randomStreams(settings.seed).stream('init');
  const days = { train: split.train, all: splitNames.flatMap((name) => split[name]) };
  const text = await newTextSource(days, settings, init, {
    scores,
    pretrained,
    signal,
    onProgress: onScoring,
  });
  return Forecaster.fromTraining(split.train, settings, { text, init, precision: settings.precision });
}
