import type { ColumnTable } from 'arquero';
import { calendarOf } from '../calendar/market-calendar.js';
import { calendarStart, tradingDays } from '../calendar/nyse-calendar.js';
import type { PriceRows } from '../table-columns.js';
import { numbers, strings } from '../table-columns.js';
import type { LabelMismatch, MarketCheck } from './market-check.js';

interface ClosePair {
  readonly close: number;
  readonly previousDate: string;
  readonly previousClose: number;
}

/** Compares each label with the close of its day and the day before, from the first price table that has both. */
export function checkLabels(
  labels: ColumnTable,
  tables: readonly PriceRows[],
): Pick<MarketCheck, 'labelsChecked' | 'labelMismatches' | 'notCheckable'> {
  const values = numbers(labels, 'label');
  const labelMismatches: LabelMismatch[] = [];
  const notCheckable: { date: string; reason: string }[] = [];
  const nyse = tables.map(({ dates }) => calendarOf(dates) === 'NYSE');
  let labelsChecked = 0;
  for (const [i, date] of strings(labels, 'date').entries()) {
    const found = tables.map((table, j) => closePair(table, date, nyse[j]));
    const pair = found.find((one) => typeof one !== 'string');
    if (pair === undefined) {
      notCheckable.push({ date, reason: found.join('; ') });
      continue;
    }
    labelsChecked += 1;
    const { close, previousDate, previousClose } = pair as ClosePair;
    const expected = close >= previousClose ? 1 : 0;
    if (values[i] !== expected) {
      labelMismatches.push({ date, label: values[i], expected, close, previousDate, previousClose });
    }
  }
  return { labelsChecked, labelMismatches, notCheckable };
}

/** Closes of a day and of the trading day before, or the reason why one is missing. */
function closePair({ dates, close }: PriceRows, date: string, nyse: boolean): ClosePair | string {
  const row = lowerBound(dates, date);
  if (dates[row] !== date) return 'the day has no price';
  if (row === 0) return 'no close of the day before: the prices start here';
  const previousDate = dates[row - 1];
  if (nyse && previousDate >= calendarStart && tradingDays(previousDate, date).length > 2) {
    return `no close of the day before: the prices have a gap after ${previousDate}`;
  }
  return { close: close[row], previousDate, previousClose: close[row - 1] };
}

function lowerBound(sorted: readonly string[], value: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
