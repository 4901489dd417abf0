import type { Market } from './market.js';
import { newsDays } from './samples/headlines-by-day.js';
import { numbers, priceRows, strings } from './table-columns.js';

/** Result of {@link describeMarket}. */
export interface MarketDescription {
  readonly market: string;
  readonly synthetic: boolean;
  readonly fingerprint: string;
  /** Planted effect of a synthetic market; absent for a real one. */
  readonly signal?: number;
  readonly news: {
    readonly days: number;
    readonly first: string;
    readonly last: string;
    readonly headlines: number;
    readonly headlinesPerDay: NumberSummary;
    /** Characters in a headline. */
    readonly characters: NumberSummary;
    /** Words of a headline, split at spaces. */
    readonly words: NumberSummary;
    readonly distinctHeadlines: number;
  };
  readonly prices: {
    readonly days: number;
    readonly first: string;
    readonly last: string;
    readonly firstClose: number;
    readonly lastClose: number;
    readonly lowestClose: { readonly date: string; readonly close: number };
    readonly highestClose: { readonly date: string; readonly close: number };
  };
  readonly returns: {
    /** ln(close / close of the day before), over all days of prices. */
    readonly logReturn: NumberSummary;
    /** Day with the lowest return; null with fewer than two days of prices. */
    readonly worst: DayReturn | null;
    /** Day with the highest return; null with fewer than two days of prices. */
    readonly best: DayReturn | null;
    /** close / close of the day before - 1, over all days of prices. */
    readonly simpleReturn: NumberSummary;
    /** Share of days whose close rose (unchanged days did not); null with fewer than two days of prices. */
    readonly upRate: number | null;
    readonly unchangedDays: number;
    /** Correlation of each return with the one before; null when there are too few or the returns are constant. */
    readonly autocorrelation: number | null;
  };
  /** Labels 1 and 0 of the news file. */
  readonly labels: { readonly ones: number; readonly zeros: number };
}

/** Return of one day from the close of the trading day before. */
export interface DayReturn {
  readonly date: string;
  /** ln(close / close of the day before). */
  readonly logReturn: number;
  /** close / close of the day before - 1: the return to print in percent. */
  readonly simpleReturn: number;
}

/** Distribution of some numbers. Every field is null when there are none. */
export interface NumberSummary {
  readonly min: number | null;
  readonly median: number | null;
  readonly mean: number | null;
  readonly max: number | null;
  /** Standard deviation (n - 1); null below two numbers. */
  readonly sd: number | null;
}

/** Computes counts, spans and distributions of a market's news and prices over all its days. Not for features. */
export function describeMarket(market: Market): MarketDescription {
  const labels = numbers(market.labels, 'label');
  return {
    market: market.name,
    synthetic: market.synthetic,
    fingerprint: market.fingerprint,
    ...(market.signal === undefined ? {} : { signal: market.signal }),
    news: describeNews(market),
    ...describePrices(market),
    labels: {
      ones: labels.filter((label) => label === 1).length,
      zeros: labels.filter((label) => label === 0).length,
    },
  };
}

function describeNews(market: Market): MarketDescription['news'] {
  const { headlines } = market;
  const days = newsDays(market);
  const texts = strings(headlines, 'text');
  const perDay = new Map(days.map((date) => [date, 0]));
  for (const date of strings(headlines, 'date')) perDay.set(date, (perDay.get(date) ?? 0) + 1);
  return {
    days: days.length,
    first: days[0] ?? '',
    last: days[days.length - 1] ?? '',
    headlines: texts.length,
    headlinesPerDay: summarize([...perDay.values()]),
    characters: summarize(texts.map((text) => text.length)),
    words: summarize(texts.map((text) => text.split(' ').length)),
    distinctHeadlines: new Set(texts).size,
  };
}

function describePrices(market: Market): Pick<MarketDescription, 'prices' | 'returns'> {
  const { dates, close } = priceRows(market.prices);
  const n = dates.length;
  const closes = dates.map((date, i) => ({ date, close: close[i] }));
  const returns = closes.slice(1).map(({ date }, i) => ({
    date,
    logReturn: Math.log(close[i + 1] / close[i]),
    simpleReturn: close[i + 1] / close[i] - 1,
  }));
  const byClose = [...closes].sort((a, b) => a.close - b.close);
  const byReturn = [...returns].sort((a, b) => a.logReturn - b.logReturn);
  const values = returns.map(({ logReturn }) => logReturn);
  return {
    prices: {
      days: n,
      first: dates[0],
      last: dates[n - 1],
      firstClose: close[0],
      lastClose: close[n - 1],
      lowestClose: byClose[0],
      highestClose: byClose[n - 1],
    },
    returns: {
      logReturn: summarize(values),
      simpleReturn: summarize(returns.map(({ simpleReturn }) => simpleReturn)),
      worst: byReturn[0] ?? null,
      best: byReturn[byReturn.length - 1] ?? null,
      upRate: values.length === 0 ? null : values.filter((value) => value > 0).length / values.length,
      unchangedDays: values.filter((value) => value === 0).length,
      autocorrelation: correlation(values.slice(1), values.slice(0, -1)),
    },
  };
}

function correlation(a: readonly number[], b: readonly number[]): number | null {
  if (isConstant(a) || isConstant(b)) return null;
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const sum = (term: (i: number) => number): number => a.reduce((total, _, i) => total + term(i), 0);
  const covariance = sum((i) => (a[i] - meanA) * (b[i] - meanB));
  return covariance / Math.sqrt(sum((i) => (a[i] - meanA) ** 2) * sum((i) => (b[i] - meanB) ** 2));
}

function isConstant(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}

function summarize(values: readonly number[]): NumberSummary {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  if (n === 0) return { min: null, median: null, mean: null, max: null, sd: null };
  const mean = sorted.reduce((sum, value) => sum + value, 0) / n;
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    min: sorted[0],
    median: (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2,
    mean,
    max: sorted[n - 1],
    sd: n > 1 ? Math.sqrt(squares / (n - 1)) : null,
  };
}
