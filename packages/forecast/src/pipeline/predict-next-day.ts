import type { Market } from '@fin/data';
import { latestInput } from '@fin/data';
import type { LoadForecasterOptions } from './load-forecaster.js';
import { loadForecaster } from './load-forecaster.js';

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
  /** Number of headlines read. */
  readonly headlines: number;
  /** `positive` − `negative`: mean of the day's headlines, from −1 to 1. */
  readonly sentiment: number;
  readonly positive: number;
  readonly negative: number;
  readonly neutral: number;
}

/**
 * Forecasts the close of the trading day after the market's last day.
 *
 * @param runDir run folder with the trained weights
 * @param market prices and headlines up to the decision day
 */
export async function predictNextDay(
  runDir: string,
  market: Market,
  options: LoadForecasterOptions = {},
): Promise<NextDayForecast> {
  const forecaster = await loadForecaster(runDir, options);
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
