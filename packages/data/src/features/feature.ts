import { dayNumber } from '../calendar/iso-date.js';
import type { PriceRows } from '../table-columns.js';

/** A number computed for each trading day from the prices up to that day. */
export interface Feature {
  readonly name: string;
  /** What it is, with its formula (O, H, L, C, V: open, high, low, close, volume of day t) and its unit. */
  readonly description: string;
  /**
   * From which moment of its own day the value is known: `close` for what needs the day's trading, `open` for what the
   * first trade fixes. There is no later choice: a window that ends with day t holds what is known at the close of t.
   */
  readonly knownFrom: 'open' | 'close';
  /** Trading days before its own that the value needs. The first `lookback` days of a series have none. */
  readonly lookback: number;
  /** The value of the last day of `past`, which holds at least `lookback + 1` days. */
  compute(past: Past): number;
}

/**
 * Prices up to and including one day: the arrays end there, so that what is computed from them cannot look ahead.
 * Read from the end: `past.close.at(-1)` is the day's own close, `at(-2)` the one before.
 */
export interface Past {
  /** Days since 1970-01-01. */
  readonly day: Int32Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

/** The view up to each row of a price table. */
export function pastOf(prices: PriceRows): (row: number) => Past {
  const day = Int32Array.from(prices.dates, (date) => {
    const [year, month, dayOfMonth] = date.split('-').map(Number);
    return dayNumber(year, month, dayOfMonth);
  });
  return (row) => ({
    day: day.subarray(0, row + 1),
    open: prices.open.subarray(0, row + 1),
    high: prices.high.subarray(0, row + 1),
    low: prices.low.subarray(0, row + 1),
    close: prices.close.subarray(0, row + 1),
    volume: prices.volume.subarray(0, row + 1),
  });
}
