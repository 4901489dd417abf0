import type { Past } from './past.js';

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
