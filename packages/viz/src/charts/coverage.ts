import type { TopLevelSpec } from 'vega-lite';
import { VizInputError } from '../errors.js';
import type { Rows } from './check-data.js';
import { checkFinite, listRows } from './check-data.js';
import type { ChartOptions } from './panel.js';
import { DEFAULT_WIDTH, panelTitle, seriesLegend } from './panel.js';
import { colors, seriesColors, theme } from './theme.js';

/** Coverage of the prediction intervals of one method at one level. */
export interface CoverageRow {
  /** Method, such as `split conformal`. */
  readonly method: string;
  /** Share of days that the interval should hold, from 0 to 1. */
  readonly nominal: number;
  /** Share of days that it held. */
  readonly observed: number;
}

/**
 * Charts observed against nominal coverage of prediction intervals (a reliability diagram). Points below the diagonal promise
 * too much, points above too little.
 *
 * @throws VizInputError when there is no row, or a share is not from 0 to 1
 */
export function coverage(data: Rows<CoverageRow>, options: ChartOptions = {}): TopLevelSpec {
  const rows = listRows('coverage', data);
  rows.forEach((row, i) => {
    for (const field of ['nominal', 'observed'] as const) {
      checkFinite('coverage', i, field, row[field]);
      if (row[field] < 0 || row[field] > 1) {
        throw new VizInputError(`coverage: ${field} of row ${i} is ${row[field]}; it must be from 0 to 1`);
      }
    }
  });
  const { title = 'Coverage of the prediction intervals', width = DEFAULT_WIDTH } = options;
  const methods = [...new Set(rows.map(({ method }) => method))];
  const color = { domain: methods, range: seriesColors.slice(0, methods.length) };
  const side = Math.min(width, 320);
  const least = Math.min(...rows.flatMap(({ nominal, observed }) => [nominal, observed]));
  const domain = [Math.max(0, Math.floor(10 * least - 1) / 10), 1];
  const scale = { domain, nice: false };
  return {
    title: title ?? undefined,
    description: `Observed against nominal coverage: ${rows
      .map((row) => `${row.method} ${percent(row.observed)} at ${percent(row.nominal)}`)
      .join(', ')}.`,
    config: theme,
    data: { values: rows.map(({ method, nominal, observed }) => ({ method, nominal, observed })) },
    vconcat: [
      {
        title: panelTitle('Days inside the interval'),
        width: side,
        height: side,
        layer: [
          {
            data: { values: [{ from: domain[0], to: 1 }] },
            mark: { type: 'rule', color: colors.axis, strokeDash: [4, 3] },
            encoding: {
              x: { field: 'from', type: 'quantitative', scale },
              y: { field: 'from', type: 'quantitative', scale },
              x2: { field: 'to' },
              y2: { field: 'to' },
            },
          },
          {
            mark: { type: 'line', point: { filled: true, size: 50 } },
            encoding: {
              x: {
                field: 'nominal',
                type: 'quantitative',
                scale,
                axis: {
                  title: 'Nominal level',
                  format: '.0%',
                  tickCount: 5,
                  titleColor: colors.label,
                  titleFontWeight: 'normal',
                },
              },
              y: { field: 'observed', type: 'quantitative', scale, axis: { format: '.0%', tickCount: 5 } },
              color: {
                field: 'method',
                type: 'nominal',
                scale: color,
                legend: seriesLegend(methods, side, 'line'),
              },
            },
          },
        ],
      },
    ],
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
