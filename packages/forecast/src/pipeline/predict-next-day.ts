import type { Market } from '@fin/data';
import { latestInput } from '@fin/data';
import { RunFolder } from '@fin/run';
import { forecastInterval } from '../conformal/conformal-intervals.js';
import { parsePredictions } from '../run/predictions.js';
import { runDataSchema, runFiles } from '../run/run-files.js';
import type { LoadForecasterOptions } from './load-forecaster.js';
import { forecasterOfRun } from './load-forecaster.js';
import type { TrackRecord } from './track-record.js';
import { LEVEL, trackRecord } from './track-record.js';

/** A forecast for a day whose close is not known yet. */
export interface NextDayForecast {
  /** Name of the market. */
  readonly market: string;
  readonly synthetic: boolean;
  /** Last day of the data, after whose close the forecast is made, ISO. */
  readonly decisionDate: string;
  /** Next trading day by the NYSE's calendar, ISO. */
  readonly targetDate: string;
  /** Close of the decision day, index points. */
  readonly lastClose: number;
  /** Forecast close of the target day, index points. */
  readonly predicted: number;
  readonly predictedLogReturn: number;
  /**
   * Conformal prediction interval of the close, index points, calibrated on the errors of the run's validation days. Null where these are
   * too few.
   */
  readonly interval: readonly [low: number, high: number] | null;
  /** Share of days on which such an interval is to hold the close. */
  readonly level: number;
  /** Last day whose close the model was fitted to, ISO. */
  readonly trainedUntil: string | null;
  /** How the run's forecasts of its test days came out. Null without test days. */
  readonly trackRecord: TrackRecord | null;
  /** Number of headlines read. */
  readonly headlines: number;
  /** `positive` − `negative`: mean of the day's headlines, from −1 to 1. */
  readonly sentiment: number;
  readonly positive: number;
  readonly negative: number;
  readonly neutral: number;
}

/**
 * Forecasts the close of the trading day after the market's last day, with its prediction interval.
 *
 * @param runDir run folder with the trained weights
 * @param market prices and headlines up to the decision day
 */
export async function predictNextDay(
  runDir: string,
  market: Market,
  options: LoadForecasterOptions = {},
): Promise<NextDayForecast> {
  const run = await RunFolder.open(runDir, 'forecaster');
  const file = run.path(runFiles.predictions);
  const predictions = parsePredictions(await run.readText(runFiles.predictions), file);
  const { splits } = await run.readJson(runFiles.data, runDataSchema);
  const forecaster = await forecasterOfRun(run, options);
  try {
    const { window } = forecaster.settings;
    const input = latestInput(market, { window, features: forecaster.priceFeatures });
    const [{ close, logReturn, positive, negative, neutral }] = await forecaster.predict([input]);
    return {
      market: market.name,
      synthetic: market.synthetic,
      decisionDate: input.decisionDate,
      targetDate: input.targetDate,
      lastClose: input.lastClose,
      predicted: close,
      predictedLogReturn: logReturn,
      interval: forecastInterval(
        predictions.filter(({ split }) => split === 'validation'),
        close,
        { level: LEVEL },
      ),
      level: LEVEL,
      trainedUntil: splits.train.last,
      trackRecord: trackRecord(predictions),
      headlines: input.headlines.length,
      sentiment: positive - negative,
      positive,
      negative,
      neutral,
    };
  } finally {
    forecaster.dispose();
  }
}
