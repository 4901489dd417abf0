import { ForecastInputError } from '../errors.js';
import type { ForecastPoint } from '../metrics/metrics-row.js';
import { forecastPoint } from '../metrics/metrics-row.js';
import type { Baseline, BaselineDay, BaselineName, BaselineSample, DaySentiment } from './baseline.js';
import { baselines } from './registry.js';

/** Samples in three parts, in time order. A `Split` and a `Fold` of `@fin/data` fit. */
export interface BaselineSplit {
  readonly train: readonly BaselineSample[];
  readonly validation: readonly BaselineSample[];
  readonly test: readonly BaselineSample[];
}

/** Options of {@link forecastBaselines}. */
export interface ForecastBaselinesOptions {
  /**
   * [positive, negative, neutral] of each decision day, by its ISO date; null or absent for a day without headlines. Without this
   * option, baselines that read sentiment are left out.
   */
  readonly sentiment?: ReadonlyMap<string, DaySentiment | null>;
}

/** Forecasts of one baseline, in time order. */
export interface BaselineForecasts {
  readonly model: BaselineName;
  readonly validation: readonly ForecastPoint[];
  readonly test: readonly ForecastPoint[];
}

/**
 * Fits every baseline on the training days and forecasts the validation and test days. A forecast reads what is known after the
 * close of its decision day, closes of validation and test days up to it included; nothing is fitted to them.
 *
 * @returns one entry per baseline that applies, in the order of {@link BASELINE_NAMES}
 * @throws ForecastInputError when there is no training day, the days are not in time order, or a close is not above 0
 * @example
 * const forecasts = forecastBaselines(splitChronologically(makeSamples(market)));
 * const rows = forecasts.map(({ model, test }) => evaluateForecast(model, test));
 */
export function forecastBaselines(
  split: BaselineSplit,
  options: ForecastBaselinesOptions = {},
): BaselineForecasts[] {
  const days = baselineDays(split, options);
  return baselines
    .filter((baseline) => applies(baseline, days.train, options))
    .map((baseline) => {
      const fitted = baseline.fit(days.train);
      const forecast = (part: readonly BaselineDay[]): ForecastPoint[] =>
        part.map((day) => forecastPoint(day, fitted.predict(day)));
      return { model: baseline.name, validation: forecast(days.validation), test: forecast(days.test) };
    });
}

/**
 * Forecasts days of another market or period with baselines that are fitted on the training days and on nothing else.
 *
 * @returns one entry per baseline that applies to the training days, without validation days
 */
export function transferBaselines(
  train: readonly BaselineSample[],
  test: readonly BaselineSample[],
): BaselineForecasts[] {
  const none = { validation: [], test: [] };
  const [trainDays, testDays] = [train, test].map((part) => baselineDays({ train: part, ...none }, {}).train);
  return baselines
    .filter((baseline) => applies(baseline, trainDays, {}))
    .map((baseline) => {
      const fitted = baseline.fit(trainDays);
      const points = testDays.map((day) => forecastPoint(day, fitted.predict(day)));
      return { model: baseline.name, validation: [], test: points };
    });
}

function applies(
  { needs }: Baseline,
  train: readonly BaselineDay[],
  { sentiment }: ForecastBaselinesOptions,
): boolean {
  const hasWindows = train.some(({ window }) => window !== undefined);
  return needs === 'closes' || (hasWindows && (needs === 'window' || sentiment !== undefined));
}

/** The days of each part with the closes up to each of them. */
function baselineDays(
  split: BaselineSplit,
  { sentiment }: ForecastBaselinesOptions,
): Record<keyof BaselineSplit, BaselineDay[]> {
  const { train, validation, test } = split;
  if (train.length === 0) {
    throw new ForecastInputError(
      'baselines: no training samples to learn from; is the training split empty?',
    );
  }
  const samples = [...train, ...validation, ...test];
  checkSamples(samples);
  const closes = closesUpTo(samples);
  const days = samples.map(
    (sample, i): BaselineDay => ({
      ...sample,
      closes: closes[i],
      sentiment: sentiment?.get(sample.decisionDate) ?? null,
    }),
  );
  const [firstTest, end] = [train.length + validation.length, samples.length];
  return {
    train: days.slice(0, train.length),
    validation: days.slice(train.length, firstTest),
    test: days.slice(firstTest, end),
  };
}

/** For each sample, the closes of the consecutive days up to its decision day. Samples of a stretch share one array. */
function closesUpTo(samples: readonly BaselineSample[]): Float64Array[] {
  const closes = Float64Array.from(samples, ({ lastClose }) => lastClose);
  let start = 0;
  return samples.map(({ decisionDate }, i) => {
    if (i > 0 && samples[i - 1].targetDate !== decisionDate) start = i;
    return closes.subarray(start, i + 1);
  });
}

function checkSamples(samples: readonly BaselineSample[]): void {
  for (const [i, { decisionDate, targetDate, lastClose, targetClose }] of samples.entries()) {
    if (!(lastClose > 0 && targetClose > 0 && Number.isFinite(lastClose) && Number.isFinite(targetClose))) {
      throw new ForecastInputError(
        `baselines: the sample of ${decisionDate} goes from ${lastClose} to ${targetClose}; both must be numbers above 0`,
      );
    }
    if (targetDate <= decisionDate || (i > 0 && decisionDate <= samples[i - 1].decisionDate)) {
      throw new ForecastInputError(
        `baselines: the sample of ${decisionDate} with target ${targetDate} is out of order; sort samples and parts by time`,
      );
    }
  }
}
