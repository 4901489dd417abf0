import { nextDayOf } from '../calendar/market-calendar.js';
import { DataInputError } from '../errors.js';
import type { Feature } from '../features/feature.js';
import { computeFeatures, resolveFeatures } from '../features/feature-table.js';
import type { FeatureName } from '../features/registry.js';
import { defaultFeatures } from '../features/registry.js';
import type { Market } from '../market.js';
import type { PriceRows } from '../table-columns.js';
import { priceRows, strings } from '../table-columns.js';
import { headlinesByTradingDay, newsSpan } from './headlines-by-day.js';
import type { DecisionInput, Sample } from './sample.js';

/**
 * Makes one sample per decision day within the span of the news, oldest first.
 *
 * ```
 *   prices   … t-9 ─────────────── t │ t+1          window: features of t-9 … t, each from prices up to its day
 *   headlines          (t-1, t] ─────┤              headlines: dated after the trading day before, up to t
 *                            decision │ target      target: close of t+1, ln(close of t+1 / close of t)
 * ```
 *
 * Except for its target, a sample depends on nothing after t. Kaggle's headlines of day t may have been posted after the
 * close of t, but they are known before t+1 opens. The label column is not read.
 *
 * @throws DataInputError when the market is too short for one sample.
 * @example
 * const samples = makeSamples(syntheticMarket(), { window: 10 });
 * const { train, validation, test } = splitChronologically(samples);
 */
export function makeSamples(market: Market, options: SampleOptions = {}): Sample[] {
  const { prices, firstRow, lastRow, windowed, inputAt } = decisionInputs(market, options);
  const samples: Sample[] = [];
  for (let row = firstRow; row >= 0 && row <= lastRow && row + 1 < prices.dates.length; row++) {
    samples.push({
      ...inputAt(row),
      targetDate: prices.dates[row + 1],
      targetClose: prices.close[row + 1],
      targetLogReturn: Math.log(prices.close[row + 1] / prices.close[row]),
    });
  }
  if (samples.length === 0) throw noInput(market, 'sample', windowed);
  return samples;
}

/** Input of the newest decision day, whose target is still unknown. */
export interface LatestInput extends DecisionInput {
  /** The next trading day: by the NYSE calendar where the prices follow it, else the next day or the next weekday. */
  readonly targetDate: string;
}

/** Returns the input for a real forecast: the newest day of prices within the span of the news. */
export function latestInput(market: Market, options: SampleOptions = {}): LatestInput {
  const { lastRow, windowed, inputAt, prices } = decisionInputs(market, options);
  if (lastRow < 0) throw noInput(market, 'window', windowed);
  const input = inputAt(lastRow);
  return {
    ...input,
    targetDate: nextDayOf(prices.dates.slice(0, prices.dates.indexOf(input.decisionDate) + 1)),
  };
}

/** Options of {@link makeSamples} and {@link latestInput}. */
export interface SampleOptions {
  /** Trading days in the window, the decision day included. @default 10 */
  readonly window?: number;
  /** Features in the window, by name or your own. @default {@link defaultFeatures} */
  readonly features?: readonly (FeatureName | Feature)[];
}

/** Decision days of a market and their inputs. */
export interface DecisionInputs {
  readonly prices: PriceRows;
  /** First and last price row with a full window, within the span of the news; -1 when there is none. */
  readonly firstRow: number;
  readonly lastRow: number;
  /** First and last trading day with a full window, whether within the span of the news or not; null when there is none. */
  readonly windowed: { readonly first: string; readonly last: string } | null;
  inputAt(row: number): DecisionInput;
}

export function decisionInputs(market: Market, options: SampleOptions): DecisionInputs {
  const { window = 10, features = defaultFeatures } = options;
  if (!Number.isInteger(window) || window < 1) {
    throw new DataInputError(`a window of ${window} days is not possible`, {
      fix: 'Give a whole number from 1 on.',
    });
  }
  const prices = priceRows(market.prices);
  const resolved = resolveFeatures(features);
  const names = resolved.map(({ name }) => name);
  const { columns, firstComplete } = computeFeatures(prices, resolved);
  const headlines = headlinesByTradingDay(market, prices.dates);
  const span = newsSpan(market);
  const inNews = ({ dates }: PriceRows, row: number): boolean =>
    span === null || (dates[row] >= span.first && dates[row] <= span.last);
  const full = prices.dates.map((_, row) => row).filter((row) => row - window + 1 >= firstComplete);
  const rows = full.filter((row) => inNews(prices, row));

  const inputAt = (row: number): DecisionInput => {
    const firstOfWindow = row - window + 1;
    const values = new Float64Array(window * columns.length); // [window, features]
    for (let i = 0; i < window; i++) {
      for (const [j, column] of columns.entries()) values[i * columns.length + j] = column[firstOfWindow + i];
    }
    return {
      decisionDate: prices.dates[row],
      window: values,
      features: names,
      windowDates: prices.dates.slice(firstOfWindow, row + 1),
      headlines: headlines.get(prices.dates[row]) ?? [],
      lastClose: prices.close[row],
    };
  };
  return {
    prices,
    firstRow: rows[0] ?? -1,
    lastRow: rows[rows.length - 1] ?? -1,
    windowed:
      full.length === 0 ? null : { first: prices.dates[full[0]], last: prices.dates[full[full.length - 1]] },
    inputAt,
  };
}

/** Reason for which a market has no decision day: too few prices, or news of other days. */
function noInput(
  market: Market,
  what: 'sample' | 'window',
  windowed: DecisionInputs['windowed'],
): DataInputError {
  const days = market.prices.numRows();
  const span = newsSpan(market);
  const hasTarget = what === 'window' || windowed?.first !== strings(market.prices, 'date')[days - 1];
  if (windowed === null || span === null || !hasTarget) {
    return new DataInputError(`${market.name} has ${days} days of prices, too few for one ${what}`, {
      fix: 'Give a longer series, a shorter window, or features with a shorter lookback.',
    });
  }
  const [first, last] = [windowed.first, windowed.last];
  const when = span.first === span.last ? `all of ${span.first}` : `from ${span.first} to ${span.last}`;
  return new DataInputError(
    `the headlines of ${market.name} are ${when}, and no trading day in that span has the prices that a ${what} needs: ` +
      `a full window before it${what === 'sample' ? ' and a close after it' : ''} (full windows end from ${first} to ${last})`,
    { fix: 'Give headlines of more days, or prices that begin earlier and end later.' },
  );
}
