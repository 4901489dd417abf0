import type { ColumnTable } from 'arquero';
import { table } from 'arquero';
import { epochDay } from '../calendar/iso-date.js';
import { calendarStart, closureReason, nextTradingDay } from '../calendar/nyse-calendar.js';
import { DataInputError, quote } from '../errors.js';
import type { Market } from '../market.js';
import { makeMarket } from '../market.js';
import { seededRandom } from '../seeded-random.js';
import { syntheticHeadlines, tonedHeadlines } from './synthetic-headlines.js';

/** Standard deviation of the unpredictable part of a day's log return: 0.01, near the Dow's 0.012. */
const SYNTHETIC_NOISE = 0.01;

/** Mean log return of a day: about 5 % a year, like the Dow. */
const SYNTHETIC_DRIFT = 0.0002;

/** Close before the first day, in index points. */
const SYNTHETIC_FIRST_CLOSE = 12_000;

/** A century. More days are probably a typing error. */
const MOST_DAYS = 25_000;

/** Options of {@link syntheticMarket}. */
export interface SyntheticMarketOptions {
  /** Trading days. @default 1384, from 2011-01-03 to 2016-07-01 */
  readonly days?: number;
  /** Headlines a day, ranked from 1; half of them, rounded up, have a tone. @default 8 */
  readonly headlinesPerDay?: number;
  /** Log return that a tone of +1 adds to the next day; 0.01 is about 1 %. With 0, headlines foretell nothing. @default 0.01 */
  readonly signal?: number;
  /** Seed of all random numbers. @default 0 */
  readonly seed?: number;
  /** The first trading day is this day or the next one. @default '2011-01-03' */
  readonly start?: string;
}

/**
 * Makes a synthetic market whose headlines predict the next day's return by a known amount:
 *
 * ```
 * ln(close[t+1] / close[t]) = 0.0002 + signal * tone[t] + 0.01 * eps[t+1],   eps ~ N(0, 1)
 * tone[t] = (good - bad) / (good + bad) headlines of day t, in [-1, 1]
 * ```
 *
 * Tones are independent of each other and of eps. So neither prices up to t nor headlines before t predict the return of t+1, and
 * headlines of t say nothing about prices of t. {@link explainedVariance} is the R² of a perfect model. The days are NYSE trading
 * days. A seed gives the same noise and tones at every signal.
 *
 * @throws DataInputError when an option is not possible.
 * @example
 * const market = syntheticMarket({ signal: 0.02, seed: 7 });
 * explainedVariance(0.02); // 0.667
 */
export function syntheticMarket(options: SyntheticMarketOptions = {}): Market {
  const { days = 1384, headlinesPerDay = 8, signal = 0.01, seed = 0, start = '2011-01-03' } = options;
  requireWhole('days', days, 2, MOST_DAYS);
  requireWhole('headlinesPerDay', headlinesPerDay, 1, 25);
  requireWhole('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  if (!(Math.abs(signal) <= 0.1)) {
    throw new DataInputError(`signal is ${signal}`, {
      fix: 'Give a log return from -0.1 to 0.1, such as 0.01.',
    });
  }
  if (epochDay(start) === null || start < calendarStart) {
    throw new DataInputError(`start is ${quote(start)}`, {
      fix: `Give a day from ${calendarStart} on, written YYYY-MM-DD.`,
    });
  }
  const dates = firstTradingDays(start, days);
  const { headlines, tones } = syntheticHeadlines(dates, headlinesPerDay, seed);
  const { prices, labels } = syntheticPrices(dates, tones, signal, seed);
  return makeMarket({
    name: `synthetic market (signal ${signal}, seed ${seed})`,
    synthetic: true,
    prices,
    headlines,
    labels,
    signal,
  });
}

function firstTradingDays(start: string, count: number): string[] {
  const dates = [closureReason(start) === null ? start : nextTradingDay(start)];
  while (dates.length < count) dates.push(nextTradingDay(dates[dates.length - 1]));
  return dates;
}

function requireWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new DataInputError(`${name} is ${value}`, { fix: `Give a whole number from ${least} to ${most}.` });
}

/** Six decimals, as the published price table has. */
const round = (value: number): number => Math.round(value * 1e6) / 1e6;

/** Makes daily bars whose log returns are drift + signal * (tone of the day before) + noise * eps. */
export function syntheticPrices(
  dates: readonly string[],
  tones: readonly number[],
  signal: number,
  seed: number,
): { prices: ColumnTable; labels: ColumnTable } {
  const noise = seededRandom(seed, 'noise');
  const bars = seededRandom(seed, 'bars');
  const columns = { open: [] as number[], high: [] as number[], low: [] as number[], close: [] as number[] };
  const volume: number[] = [];
  const label: number[] = [];
  let previous = SYNTHETIC_FIRST_CLOSE;
  for (let t = 0; t < dates.length; t++) {
    const told = t === 0 ? 0 : signal * tones[t - 1];
    const logReturn = SYNTHETIC_DRIFT + told + SYNTHETIC_NOISE * noise.normal();
    const close = round(previous * Math.exp(logReturn));
    const open = round(previous * Math.exp(0.2 * SYNTHETIC_NOISE * bars.normal()));
    const wick = (): number => Math.exp(0.4 * SYNTHETIC_NOISE * Math.abs(bars.normal()));
    columns.open.push(open);
    columns.close.push(close);
    columns.high.push(round(Math.max(open, close) * wick()));
    columns.low.push(round(Math.min(open, close) / wick()));
    volume.push(Math.round(1e8 * Math.exp(0.25 * bars.normal() + 8 * Math.abs(logReturn))));
    label.push(close >= previous ? 1 : 0);
    previous = close;
  }
  return {
    prices: table({ date: [...dates], ...columns, adjClose: [...columns.close], volume }),
    labels: table({ date: [...dates], label }),
  };
}

/**
 * Share of the next day's return variance that the headlines of a synthetic market explain. It is the R² of a perfect
 * model of log returns, so an upper bound for any model.
 *
 * signal² Var(tone) / (signal² Var(tone) + noise²), where Var(tone) = (k + 2) / 3k for k toned headlines a day.
 */
export function explainedVariance(signal: number, headlinesPerDay = 8): number {
  const toned = tonedHeadlines(headlinesPerDay);
  const told = signal ** 2 * ((toned + 2) / (3 * toned));
  return told / (told + SYNTHETIC_NOISE ** 2);
}
