import { dotInterval } from '@fin/viz';
import type { Chart } from '../../site/chart.js';
import { makeChart } from '../../site/chart.js';
import { fixedRange, percent, signed, visible } from '../../site/html.js';
import { sourceOf } from '../../site/source.js';
import type { MeasuredRows } from './metrics-table.js';

/** Rows of a run's table, and the file that holds them. */
export interface ChartedRows {
  /** Name of the run folder. */
  readonly name: string;
  readonly file: string;
  readonly evaluation: MeasuredRows;
}

export function drawErrors({ name, file, evaluation }: ChartedRows, slug: string): Promise<Chart | null> {
  const rows = evaluation.rows.flatMap(({ model, differences }) => {
    const interval = differences?.mae.interval;
    return differences && interval
      ? [{ name: visible(model), value: differences.mae.value, low: interval[0], high: interval[1] }]
      : [];
  });
  const [own] = evaluation.rows;
  const [drawn, far] = withinReach(rows, own.differences?.mae.interval ?? null);
  if (drawn.length === 0) return Promise.resolve(null);
  return makeChart({
    id: `${slug}-error-differences`,
    title: 'Mean absolute error against persistence',
    caption: `Mean absolute error minus that of “tomorrow’s close is today’s close”, with ${percent(evaluation.level, 0)} intervals of a block bootstrap over the days. Left of the line errs less. Grey rows cannot be told from persistence.${far.map((row) => ` Far to the right and not drawn: ${row.name}, ${signed(row.value, 1)} (${fixedRange([row.low, row.high], 1)}).`).join('')}`,
    source: sourceOf(name, file, 'rows[…].differences.mae'),
    draw: (options) => dotInterval(drawn, { ...options, quantity: 'Difference, index points', reference: 0 }),
    key: { y: 'name' },
    values: [intervalValues('Difference', 'points')],
  });
}

/** How many times as far from 0 as the model's own interval a row may begin, to be drawn. */
const REACH = 5;

interface IntervalRow {
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Parts rows near the model's own from those so much worse that the others could not be told apart beside them. */
function withinReach(
  rows: readonly IntervalRow[],
  own: readonly [low: number, high: number] | null,
): readonly [near: IntervalRow[], far: IntervalRow[]] {
  const reach = own === null ? Number.POSITIVE_INFINITY : REACH * Math.max(...own.map(Math.abs));
  const isFar = ({ low }: IntervalRow) => low > reach;
  return [rows.filter((row) => !isFar(row)), rows.filter(isFar)];
}

export function drawDirections({ name, file, evaluation }: ChartedRows, slug: string): Promise<Chart | null> {
  const rows = evaluation.rows.flatMap(({ model, directionalAccuracy, directionalInterval }) =>
    directionalAccuracy !== null && directionalInterval !== null
      ? [
          {
            name: visible(model),
            value: directionalAccuracy,
            low: directionalInterval[0],
            high: directionalInterval[1],
          },
        ]
      : [],
  );
  if (rows.length === 0) return Promise.resolve(null);
  return makeChart({
    id: `${slug}-directions`,
    title: 'Right directions',
    caption: `Share of days whose rise or fall was forecast, with ${percent(evaluation.level, 0)} Wilson intervals. The line is a coin’s 50 %; grey rows cannot be told from it. Markets rise on more days than they fall, so compare with majority-class as well.`,
    source: sourceOf(name, file, 'rows[…].directionalAccuracy and rows[…].directionalInterval'),
    draw: (options) =>
      dotInterval(rows, { ...options, quantity: 'Share of days', format: '.0%', reference: 0.5 }),
    key: { y: 'name' },
    values: [intervalValues('Right', 'share')],
  });
}

const intervalValues = (label: string, format: 'points' | 'share') => [
  { label, field: 'value', format, color: null },
  { label: 'From', field: 'low', format, color: null },
  { label: 'To', field: 'high', format, color: null },
];
