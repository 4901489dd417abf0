import type { PriceRows } from '../price-rows.js';
import type { MarketCheck } from './market-check.js';

/** What single rows of a price table, and each with the one before, tell against it. */
export function checkPriceRows({
  dates,
  open,
  high,
  low,
  close,
  adjClose,
  volume,
}: PriceRows): Pick<MarketCheck, 'staleRows' | 'inconsistentRows' | 'adjustedRows' | 'zeroVolumeDays'> {
  const rows = dates.map((date, i) => ({ date, i }));
  return {
    staleRows: rows
      .filter(({ i }) => i > 0 && close[i] === close[i - 1] && volume[i] === volume[i - 1])
      .map(({ date, i }) => ({ date, repeats: dates[i - 1], close: close[i], volume: volume[i] })),
    inconsistentRows: rows
      .filter(({ i }) => low[i] > Math.min(open[i], close[i]) || high[i] < Math.max(open[i], close[i]))
      .map(({ date, i }) => ({ date, open: open[i], high: high[i], low: low[i], close: close[i] })),
    adjustedRows: rows
      .filter(({ i }) => adjClose[i] !== close[i])
      .map(({ date, i }) => ({ date, close: close[i], adjClose: adjClose[i] })),
    zeroVolumeDays: rows.filter(({ i }) => volume[i] === 0).map(({ date }) => date),
  };
}
