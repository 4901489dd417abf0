import type { Market } from './market.js';
import { numbers, priceRows, strings } from './table-columns.js';

/** What {@link describeMarket} tells of a market. */
export interface MarketDescription {
  readonly market: string;
  readonly synthetic: boolean;
  readonly fingerprint: string;
  /** The synthetic market's truth; absent for real ones. */
  readonly signal?: number;
  readonly news: {
    readonly days: number;
    readonly first: string;
    readonly last: string;
    readonly headlines: number;
    readonly headlinesPerDay: NumberSummary;
    /** Characters in a headline. */
    readonly characters: NumberSummary;
    /** Parts of a headline between spaces. */
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
    readonly worst: { readonly date: string; readonly logReturn: number };
    readonly best: { readonly date: string; readonly logReturn: number };
    /** Share of days whose close rose; a day that stayed the same did not. */
    readonly upRate: number;
    readonly unchangedDays: number;
    /** Correlation of each return with the one before. */
    readonly autocorrelation: number;
  };
  /** Labels 1 and 0 of the news file. */
  readonly labels: { readonly ones: number; readonly zeros: number };
}

export interface NumberSummary {
  readonly min: number;
  readonly median: number;
  readonly mean: number;
  readonly max: number;
  /** Standard deviation (n - 1). */
  readonly sd: number;
}

/** Counts, spans and distributions of a market's news and prices. For reading, not for features: it sees all days. */
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

function describeNews({ headlines, labels }: Market): MarketDescription['news'] {
  const days = strings(labels, 'date');
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
  const returns = closes
    .slice(1)
    .map(({ date }, i) => ({ date, logReturn: Math.log(close[i + 1] / close[i]) }));
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
      worst: byReturn[0],
      best: byReturn[byReturn.length - 1],
      upRate: values.filter((value) => value > 0).length / values.length,
      unchangedDays: values.filter((value) => value === 0).length,
      autocorrelation: correlation(values.slice(1), values.slice(0, -1)),
    },
  };
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  const sum = (term: (i: number) => number): number => a.reduce((total, _, i) => total + term(i), 0);
  const covariance = sum((i) => (a[i] - meanA) * (b[i] - meanB));
  return covariance / Math.sqrt(sum((i) => (a[i] - meanA) ** 2) * sum((i) => (b[i] - meanB) ** 2));
}

/** Order and moments of some numbers; of none, all NaN. */
export function summarize(values: readonly number[]): NumberSummary {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / n;
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    min: sorted[0] ?? Number.NaN,
    median: (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2,
    mean,
    max: sorted[n - 1] ?? Number.NaN,
    sd: n > 1 ? Math.sqrt(squares / (n - 1)) : Number.NaN,
  };
}
