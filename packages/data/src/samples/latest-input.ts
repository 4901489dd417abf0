import { nextTradingDay } from '../calendar/next-trading-day.js';
import { DataInputError } from '../errors.js';
import type { Market } from '../market.js';
import type { SampleOptions } from './decision-inputs.js';
import { decisionInputs } from './decision-inputs.js';
import type { DecisionInput } from './sample.js';

/** The input for the newest decision day, whose target nobody knows yet. */
export interface LatestInput extends DecisionInput {
  /** The next trading day by the NYSE calendar. */
  readonly targetDate: string;
}

/** The input of a real forecast: the newest day of the market's prices within the span of its news. */
export function latestInput(market: Market, options: SampleOptions = {}): LatestInput {
  const { lastRow, inputAt, prices } = decisionInputs(market, options);
  if (lastRow < 0) {
    throw new DataInputError(
      `${market.name} has ${prices.dates.length} days of prices, too few for one window`,
      {
        fix: 'Give a longer series, a shorter window, or features with a shorter lookback.',
      },
    );
  }
  const input = inputAt(lastRow);
  return { ...input, targetDate: nextTradingDay(input.decisionDate) };
}
