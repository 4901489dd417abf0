import { ForecastInputError } from '../errors.js';
import { holm } from '../significance/holm.js';
import type { LeadLag, LeadLagRow } from './lead-lag-table.js';
import { resampleCorrelations } from './resample-correlations.js';
import { summarize } from './summarize.js';

/** Daily series of a market, one entry per trading day, without gaps. */
export interface LeadLagSeries {
  /** Trading days, ISO, in time order. */
  readonly dates: readonly string[];
  /** Sentiment of each day; null on a day without headlines, which is left out. */
  readonly sentiment: readonly (number | null)[];
  /** Close of each day. */
  readonly closes: readonly number[];
}

/** Options of {@link leadLag}. */
export interface LeadLagOptions {
  /** Largest distance in trading days, @default 5 */
  readonly maxLag?: number;
  /** Confidence of the intervals, @default 0.95 */
  readonly level?: number;
  /** Seed of the resampling. @default 0 */
  readonly seed?: number;
}

/** Fewer days give no usable interval. */
const MIN_DAYS = 30;

/**
 * Correlation of daily sentiment with the log returns of the same day, of earlier and of later days.
 *
 * Intervals come from the stationary bootstrap of whole days (sentiment with its returns). P-values come from resampling sentiment in
 * blocks while the returns stay in place, which breaks their relation and keeps each series' own dependence in time: the share of
 * resampled correlations that are at least as large. Block lengths follow Politis and White (see `optimalBlockLength`). All lags
 * use the same days.
 *
 * @returns null when fewer than 30 days have sentiment and all returns
 * @throws ForecastInputError when the series differ in length, dates are out of order, or a close is not above 0
 * @example
 * const table = leadLag({ dates, sentiment, closes });
 * console.log(table?.summary);
 */
export function leadLag(series: LeadLagSeries, options: LeadLagOptions = {}): LeadLag | null {
  const { maxLag = 5, level = 0.95, seed = 0 } = options;
  checkSeries(series, maxLag, level);
  const { dates, sentiment, closes } = series;
  const lags = Array.from({ length: 2 * maxLag + 1 }, (_, i) => i - maxLag);
  const days = dates
    .map((_, day) => day)
    .filter((day) => day > maxLag && day + maxLag < dates.length && sentiment[day] !== null);
  if (days.length < MIN_DAYS) return null;
  const scores = days.map((day) => sentiment[day] as number);
  const returns = lags.map((lag) => days.map((day) => Math.log(closes[day + lag] / closes[day + lag - 1])));
  const statistics = resampleCorrelations(scores, returns, { level, seed });
  const adjusted = holm(statistics.map(({ pValue }) => pValue));
  const rows = lags.map((lag, i): LeadLagRow => ({ lag, ...statistics[i], adjustedPValue: adjusted[i] }));
  return {
    n: days.length,
    first: dates[days[0]],
    last: dates[days[days.length - 1]],
    level,
    rows,
    summary: summarize(rows, level),
  };
}

function checkSeries({ dates, sentiment, closes }: LeadLagSeries, maxLag: number, level: number): void {
  if (dates.length !== sentiment.length || dates.length !== closes.length) {
    throw new ForecastInputError(
      `leadLag: ${dates.length} dates, ${sentiment.length} sentiments and ${closes.length} closes; pass one of each per trading day`,
    );
  }
  if (!Number.isInteger(maxLag) || maxLag < 0) {
    throw new ForecastInputError(`leadLag: maxLag ${maxLag}; it must be a whole number of at least 0`);
  }
  if (!(level > 0 && level < 1)) {
    throw new ForecastInputError(`leadLag: level ${level}; it must lie between 0 and 1, such as 0.95`);
  }
  for (const [day, date] of dates.entries()) {
    const [score, close] = [sentiment[day], closes[day]];
    if (day > 0 && date <= dates[day - 1]) {
      throw new ForecastInputError(`leadLag: ${date} comes after ${dates[day - 1]}; sort the days by time`);
    }
    if (!(close > 0 && Number.isFinite(close)) || (score !== null && !Number.isFinite(score))) {
      throw new ForecastInputError(
        `leadLag: ${date} has sentiment ${score} and close ${close}; give finite numbers, and closes above 0`,
      );
    }
  }
}
