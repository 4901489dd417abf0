import { DataInputError } from '../errors.js';
import { computeFeatures } from '../features/compute-features.js';
import type { Feature } from '../features/feature.js';
import type { FeatureName } from '../features/registry.js';
import { defaultFeatures } from '../features/registry.js';
import { resolveFeatures } from '../features/resolve-features.js';
import type { Market } from '../market.js';
import type { PriceRows } from '../price-rows.js';
import { priceRows } from '../price-rows.js';
import { numbers, strings } from '../table-columns.js';
import type { DecisionInput, Headline } from './sample.js';

/** Options of {@link makeSamples} and {@link latestInput}. */
export interface SampleOptions {
  /** Trading days in the window, the decision day included. @default 10 */
  readonly window?: number;
  /** Columns of the window, by name or of one's own. @default {@link defaultFeatures} */
  readonly features?: readonly (FeatureName | Feature)[];
}

/** The days of a market on which a decision can fall, and the input of each. */
export interface DecisionInputs {
  readonly prices: PriceRows;
  /** First and last price row with a full window within the span of the news, or -1 when there is none. */
  readonly firstRow: number;
  readonly lastRow: number;
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
  const { columns, firstComplete } = computeFeatures(prices, resolveFeatures(features));
  const headlines = headlinesByTradingDay(market, prices.dates);
  const newsDays = [...strings(market.labels, 'date'), ...strings(market.headlines, 'date')].sort();
  const inNews = ({ dates }: PriceRows, row: number): boolean =>
    newsDays.length === 0 || (dates[row] >= newsDays[0] && dates[row] <= newsDays[newsDays.length - 1]);
  const rows = prices.dates
    .map((_, row) => row)
    .filter((row) => row - window + 1 >= firstComplete && inNews(prices, row));

  const inputAt = (row: number): DecisionInput => {
    const firstOfWindow = row - window + 1;
    const values = new Float64Array(window * columns.length); // [window, features]
    for (let i = 0; i < window; i++) {
      for (const [j, column] of columns.entries()) values[i * columns.length + j] = column[firstOfWindow + i];
    }
    return {
      decisionDate: prices.dates[row],
      window: values,
      windowDates: prices.dates.slice(firstOfWindow, row + 1),
      headlines: headlines.get(prices.dates[row]) ?? [],
      lastClose: prices.close[row],
    };
  };
  return { prices, firstRow: rows[0] ?? -1, lastRow: rows[rows.length - 1] ?? -1, inputAt };
}

/** Each headline under the first trading day on or after its date. Before the first price and after the last, under none. */
function headlinesByTradingDay(market: Market, tradingDays: readonly string[]): Map<string, Headline[]> {
  const ranks = numbers(market.headlines, 'rank');
  const texts = strings(market.headlines, 'text');
  const days = new Map<string, Headline[]>();
  let next = 0;
  for (const [i, date] of strings(market.headlines, 'date').entries()) {
    if (date < tradingDays[0]) continue;
    while (next < tradingDays.length && tradingDays[next] < date) next++;
    if (next === tradingDays.length) break;
    const headline = { text: texts[i], rank: ranks[i], date };
    const day = days.get(tradingDays[next]);
    if (day) day.push(headline);
    else days.set(tradingDays[next], [headline]);
  }
  return days;
}
