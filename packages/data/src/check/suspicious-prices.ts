import type { PriceRows } from '../table-columns.js';

/** Factor by which a price may differ from the trading day before. The Dow's worst day, in 1987, has 0.77. */
const MAX_FACTOR = 2;
/** Beyond this factor a price is a typing error: loading refuses it. */
const ABSURD_FACTOR = 1000;
/** Factor by which a volume may exceed both neighbours. */
const MAX_VOLUME_FACTOR = 100;

/** A value of a price table that is probably a mistake. */
export interface SuspiciousPrice {
  readonly date: string;
  readonly column: 'open' | 'high' | 'low' | 'close' | 'volume';
  readonly value: number;
  /** Sentence without a final stop: the value, its neighbours and the factor between them. */
  readonly problem: string;
  /** The remedy, as one sentence. */
  readonly fix: string;
  /** Whether the value is impossible, so that loading refuses the table. */
  readonly absurd: boolean;
}

/**
 * Finds prices that jump by more than a factor of 2 in one day, closes outside the day's low and high, and volumes 100
 * times as high as on the days around them. At most one finding per day.
 */
export function suspiciousPrices(prices: PriceRows): SuspiciousPrice[] {
  const found: SuspiciousPrice[] = [];
  let level = firstLevel(prices.close);
  for (let row = 0; row < prices.dates.length; row++) {
    const finding = jump(prices, row, level) ?? rangeFault(prices, row) ?? volumeFault(prices, row);
    if (finding) found.push(finding);
    if (!isOutlier(prices.close, row, level)) level = prices.close[row];
  }
  return found;
}

/** Close from which the first row is judged: its own, unless the rows after it agree on another level. */
function firstLevel(close: Float64Array): number {
  return close.length > 2 &&
    factor(close[0], close[1]) > MAX_FACTOR &&
    factor(close[1], close[2]) <= MAX_FACTOR
    ? close[1]
    : close[0];
}

/** Whether a close is far from the level before it, and the next close is back at that level. */
function isOutlier(close: Float64Array, row: number, level: number): boolean {
  if (factor(close[row], level) <= MAX_FACTOR) return false;
  return row + 1 < close.length && factor(close[row + 1], level) <= MAX_FACTOR;
}

/** A price far from the level of the days before: a wrong row, or a new level such as an unadjusted split. */
function jump(prices: PriceRows, row: number, level: number): SuspiciousPrice | null {
  const { dates, close } = prices;
  const date = dates[row];
  const neighbours = [row - 1, row + 1]
    .filter((i) => i >= 0 && i < dates.length)
    .map((i) => `${close[i]} on ${dates[i]}`)
    .join(' and ');
  if (factor(close[row], level) > MAX_FACTOR) {
    const outlier = isOutlier(close, row, level);
    const place =
      row === 0
        ? 'than on the next trading day'
        : outlier
          ? 'than on the days around it'
          : 'than on the day before';
    const absurd = factor(close[row], level) > ABSURD_FACTOR;
    return {
      date,
      column: 'close',
      value: close[row],
      problem: `the close ${close[row]} of ${date} is ${times(close[row], level)} ${place} (${neighbours})`,
      fix:
        outlier || absurd
          ? 'Correct the row, or delete it.'
          : 'Correct the row; if the level stays there because of a split, adjust the earlier prices for it.',
      absurd,
    };
  }
  const column = (['open', 'high', 'low'] as const).find(
    (name) => factor(prices[name][row], close[row]) > MAX_FACTOR,
  );
  if (column === undefined) return null;
  const value = prices[column][row];
  return {
    date,
    column,
    value,
    problem: `the ${column} ${value} of ${date} is ${times(value, close[row])} than the close ${close[row]} of that day (neighbours: ${neighbours})`,
    fix: 'Correct the row, or delete it.',
    absurd: factor(value, close[row]) > ABSURD_FACTOR,
  };
}

function rangeFault({ dates, high, low, close }: PriceRows, row: number): SuspiciousPrice | null {
  const missing = Number.isNaN(low[row]) || Number.isNaN(high[row]);
  if (missing || (close[row] >= low[row] && close[row] <= high[row])) return null;
  return {
    date: dates[row],
    column: 'close',
    value: close[row],
    problem: `the close ${close[row]} of ${dates[row]} lies outside the day's low ${low[row]} and high ${high[row]}`,
    fix: 'Correct the row.',
    absurd: false,
  };
}

function volumeFault({ dates, volume }: PriceRows, row: number): SuspiciousPrice | null {
  const neighbours = [row - 1, row + 1].filter((i) => volume[i] > 0);
  if (neighbours.length === 0) return null;
  const highest = Math.max(...neighbours.map((i) => volume[i]));
  if (!(volume[row] > MAX_VOLUME_FACTOR * highest)) return null;
  const shown = neighbours.map((i) => `${volume[i]} on ${dates[i]}`).join(' and ');
  return {
    date: dates[row],
    column: 'volume',
    value: volume[row],
    problem: `the volume ${volume[row]} of ${dates[row]} is ${times(volume[row], highest)} than on the days around it (${shown})`,
    fix: 'Correct the row.',
    absurd: false,
  };
}

function factor(a: number, b: number): number {
  return a > b ? a / b : b / a;
}

/** "100 times smaller" */
function times(value: number, other: number): string {
  return `${Number(factor(value, other).toPrecision(3))} times ${value > other ? 'larger' : 'smaller'}`;
}
