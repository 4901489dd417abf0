import type { PriceRows } from '../table-columns.js';

/** Log return that no index and few stocks move in a day. The Dow's worst day, in 1987, has -0.26. */
const LEAST_MOVE = 0.3;

/** Spreads of the series' own returns that a move must exceed. The largest of the Dow from 2000 to 2016 has 13.7. */
const LEAST_SPREADS = 15;

/** A median absolute deviation times this estimates a normal distribution's standard deviation. */
const MAD_TO_SD = 1.4826;

/** Difference of the logarithms of a move and of a split's ratio up to which the move looks like the split. */
const SPLIT_TOLERANCE = 0.12;

const splits = ['3:2', ...Array.from({ length: 19 }, (_, i) => `${i + 2}:1`)].map((name) => {
  const [after, before] = name.split(':').map(Number);
  return { name, logRatio: Math.log(after / before) };
});

/** A move that is too large to be true against the series' own spread. */
export interface ImplausibleMove {
  readonly date: string;
  readonly close: number;
  readonly previousDate: string;
  readonly previousClose: number;
  /** close / previous close - 1. */
  readonly simpleReturn: number;
  /** Size of the log return in spreads of the series (1.4826 times the median absolute deviation). */
  readonly spreads: number;
  /** `row` when the next close is back at the level before, so that one row is wrong; else `level`. */
  readonly kind: 'row' | 'level';
  /** Split that the move looks like, such as `4:1`; null without. */
  readonly split: string | null;
}

/** Finds moves of more than 30 % (as a log return) that are also more than 15 spreads of the series' own log returns. */
export function implausibleMoves({ dates, close }: PriceRows): ImplausibleMove[] {
  const returns = Array.from(close.subarray(1), (value, i) => Math.log(value / close[i]));
  const middle = median(returns);
  const spread = MAD_TO_SD * median(returns.map((value) => Math.abs(value - middle)));
  const isLarge = (value: number | undefined): boolean =>
    value !== undefined && Math.abs(value) > LEAST_MOVE && Math.abs(value) > LEAST_SPREADS * spread;
  const moves: ImplausibleMove[] = [];
  for (let i = 0; i < returns.length; i++) {
    if (!isLarge(returns[i])) continue;
    const isBack = isLarge(returns[i + 1]) && Math.abs(returns[i] + returns[i + 1]) < LEAST_MOVE;
    moves.push({
      date: dates[i + 1],
      close: close[i + 1],
      previousDate: dates[i],
      previousClose: close[i],
      simpleReturn: close[i + 1] / close[i] - 1,
      spreads: Math.abs(returns[i]) / spread,
      kind: isBack ? 'row' : 'level',
      split: isBack ? null : splitLike(returns[i]),
    });
    if (isBack) i += 1;
  }
  return moves;
}

function splitLike(logReturn: number): string | null {
  const [closest] = [...splits].sort(
    (a, b) => Math.abs(a.logRatio - Math.abs(logReturn)) - Math.abs(b.logRatio - Math.abs(logReturn)),
  );
  if (Math.abs(closest.logRatio - Math.abs(logReturn)) > SPLIT_TOLERANCE) return null;
  return logReturn < 0 ? closest.name : closest.name.split(':').reverse().join(':');
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  return n === 0 ? Number.NaN : (sorted[(n - 1) >> 1] + sorted[n >> 1]) / 2;
}

/** A move in words, without a final stop, and the remedy. */
export function moveText({
  date,
  close,
  previousDate,
  previousClose,
  simpleReturn,
  kind,
  split,
}: ImplausibleMove): string {
  const move = `the close moves by ${(100 * simpleReturn).toFixed(1)} % from ${previousClose} on ${previousDate} to ${close} on ${date}`;
  if (kind === 'row') return `${move} and back the day after: correct the row, or delete it`;
  return `${move}${split === null ? '' : `, like an unadjusted ${split} split`}: correct the row, or adjust the earlier prices`;
}
