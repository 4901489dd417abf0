import { dayNumber } from '../calendar/iso-date.js';
import type { PriceRows } from '../table-columns.js';

/** A number computed for each trading day from the prices up to that day. */
export interface Feature {
  readonly name: string;
  /** Formula (O, H, L, C, V: open, high, low, close, volume of day t) and unit. */
  readonly description: string;
  /**
   * Moment of its day from which the value is known: `open` when the first trade decides it, else `close`. Nothing later is
   * allowed, because a window that ends with day t holds only values known at the close of t.
   */
  readonly knownFrom: 'open' | 'close';
  /** Trading days before its own that the value needs. The first `lookback` days of a series have no value. */
  readonly lookback: number;
  /** Computes the value of the last day of `past`, which holds at least `lookback + 1` days. */
  compute(past: Past): number;
}

/**
 * Prices up to and including one day. The arrays end there, so a feature cannot look ahead. Read them from the end: `past.close.at(-1)` is the day's own close, `at(-2)` the one before.
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

/** Returns a function from a row of a price table to the view that ends with it. */
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
