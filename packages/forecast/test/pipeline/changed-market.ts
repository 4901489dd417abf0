import type { Market } from '@fin/data';
import { makeMarket } from '@fin/data';
import { from } from 'arquero';

interface PriceRow {
  readonly date: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly adjClose: number;
  readonly volume: number;
}

interface HeadlineRow {
  readonly date: string;
  readonly text: string;
}

/** A market that is the same up to a day, that day included, and has other prices and headlines afterwards. */
export function changedAfter(market: Market, day: string, factor: number): Market {
  const { fingerprint: _, ...parts } = market;
  const prices = (market.prices.objects() as PriceRow[]).map((row) =>
    row.date <= day
      ? row
      : {
          ...row,
          open: row.open * factor,
          high: row.high * factor,
          low: row.low * factor,
          close: row.close * factor,
          adjClose: row.adjClose * factor,
          volume: row.volume * 2,
        },
  );
  const headlines = (market.headlines.objects() as HeadlineRow[]).map((row) =>
    row.date <= day ? row : { ...row, text: `${row.text} changed` },
  );
  return makeMarket({ ...parts, prices: from(prices), headlines: from(headlines) });
}
