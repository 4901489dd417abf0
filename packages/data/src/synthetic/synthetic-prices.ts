import type { ColumnTable } from 'arquero';
import { table } from 'arquero';
import { seededRandom } from '../seeded-random.js';
import { SYNTHETIC_DRIFT, SYNTHETIC_FIRST_CLOSE, SYNTHETIC_NOISE } from './constants.js';

/** Six decimals, as the published price table has. */
const round = (value: number): number => Math.round(value * 1e6) / 1e6;

/** Daily bars whose log returns are drift + signal * (tone of the day before) + noise * eps. */
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
