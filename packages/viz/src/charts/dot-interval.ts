import type { TopLevelSpec } from 'vega-lite';
import type { Rows } from './check-data.js';
import { checkInterval, listRows } from './check-data.js';
import type { ChartOptions, Layer } from './panel.js';
import { DEFAULT_WIDTH, panelTitle } from './panel.js';
import { colors, theme } from './theme.js';

/** One model of an ablation, or one difference. */
export interface IntervalRow {
  readonly name: string;
  readonly value: number;
  /** Bounds of the interval around `value`. */
  readonly low: number;
  readonly high: number;
}

/** Options of {@link dotInterval}. */
export interface DotIntervalOptions extends ChartOptions {
  /** Quantity and unit of the horizontal axis. */
  readonly quantity: string;
  /** Number format of the axis, in d3's notation. @default '.3~g' */
  readonly format?: string;
  /** Value to mark with a vertical line, such as 0 for a difference or 0.5 for a direction. @default none */
  readonly reference?: number;
}

const ROW_HEIGHT = 26;

/**
 * Charts estimates with their intervals, one row each, as for an ablation. Rows whose interval holds the reference are grey:
 * they do not differ from it.
 *
 * @throws VizInputError when there is no row, or a value lies outside its interval
 */
export function dotInterval(data: Rows<IntervalRow>, options: DotIntervalOptions): TopLevelSpec {
  const rows = listRows('dotInterval', data);
  rows.forEach((row, i) => {
    checkInterval('dotInterval', i, row);
  });
  const { title, width = DEFAULT_WIDTH, quantity, format = '.3~g', reference } = options;
  const differs = ({ low, high }: IntervalRow) =>
    reference === undefined || low > reference || high < reference;
  const x = {
    type: 'quantitative',
    scale: { zero: false },
    axis: { format, tickCount: 6, grid: true },
  } as const;
  const y = {
    field: 'name',
    type: 'nominal',
    sort: null,
    axis: { labelLimit: 240, domain: false, ticks: false },
  } as const;
  const color = { field: 'color', type: 'nominal', scale: null } as const;
  const marker: Layer[] =
    reference === undefined
      ? []
      : [
          {
            mark: { type: 'rule', color: colors.ink, strokeDash: [3, 3] },
            encoding: { x: { datum: reference } },
          },
        ];
  return {
    title: title ?? undefined,
    description:
      `Dots with intervals, ${quantity}: ` +
      `${rows.map(({ name, value, low, high }) => `${name} ${short(value)} (${short(low)} to ${short(high)})`).join(', ')}.`,
    config: theme,
    data: {
      values: rows.map((row) => ({
        name: row.name,
        value: row.value,
        low: row.low,
        high: row.high,
        color: differs(row) ? colors.second : colors.actual,
      })),
    },
    vconcat: [
      {
        title: panelTitle(quantity),
        width,
        height: { step: ROW_HEIGHT },
        layer: [
          ...marker,
          {
            mark: { type: 'rule', strokeWidth: 2.5 },
            encoding: { x: { ...x, field: 'low' }, x2: { field: 'high' }, y, color },
          },
          {
            mark: { type: 'point', filled: true, size: 80, opacity: 1 },
            encoding: { x: { ...x, field: 'value' }, y, color },
          },
        ],
      },
    ],
  };
}

const short = (value: number): string => Number(value.toPrecision(3)).toString();
