import { DataInputError } from '../errors.js';
import type { Market } from '../market.js';
import type { SampleOptions } from './decision-inputs.js';
import { decisionInputs } from './decision-inputs.js';
import type { Sample } from './sample.js';

/**
 * One sample per decision day of the news' span, oldest first.
 *
 * ```
 *   prices   … t-9 ─────────────── t │ t+1          window: features of t-9 … t, each from prices up to its day
 *   headlines          (t-1, t] ─────┤              headlines: dated after the trading day before, up to t
 *                            decision │ target      target: close of t+1, ln(close of t+1 / close of t)
 * ```
 *
 * Nothing in a sample but its target depends on anything after t. Kaggle's headlines of day t may have been posted after
 * the close of t; they are known before t+1 opens. The label column is not read.
 *
 * @throws DataInputError when the market is too short for one sample.
 * @example
 * const samples = makeSamples(syntheticMarket(), { window: 10 });
 * const { train, validation, test } = splitChronologically(samples);
 */
export function makeSamples(market: Market, options: SampleOptions = {}): Sample[] {
  const { prices, firstRow, lastRow, inputAt } = decisionInputs(market, options);
  const samples: Sample[] = [];
  for (let row = firstRow; row >= 0 && row <= lastRow && row + 1 < prices.dates.length; row++) {
    samples.push({
      ...inputAt(row),
      targetDate: prices.dates[row + 1],
      targetClose: prices.close[row + 1],
      targetLogReturn: Math.log(prices.close[row + 1] / prices.close[row]),
    });
  }
  if (samples.length === 0) {
    throw new DataInputError(
      `${market.name} has ${prices.dates.length} days of prices, too few for one sample`,
      {
        fix: 'Give a longer series, a shorter window, or features with a shorter lookback.',
      },
    );
  }
  return samples;
}
