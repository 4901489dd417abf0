import type { TopLevelSpec } from 'vega-lite';
import { VizInputError } from '../errors.js';
import type { Rows } from './check-data.js';
import { checkInterval, listRows } from './check-data.js';
import type { ChartOptions } from './panel.js';
import { DEFAULT_WIDTH, panelTitle, SIGNED_LABEL } from './panel.js';
import { colors, theme } from './theme.js';

/** Correlation of a day's sentiment with the return of another day. */
export interface LeadLagRow {
  /** Days from the sentiment to the return: 1 is the next day, 0 the same, −1 the day before. */
  readonly lag: number;
  readonly correlation: number;
  /** Bounds of its interval. */
  readonly low: number;
  readonly high: number;
}

/**
 * Charts the correlation of daily sentiment with the returns of earlier and later days. Bars to the right of 0 are what
 * headlines could foretell; bars to the left are what they report.
 *
 * @throws VizInputError when there is no row, a lag is no whole number or not ascending, or a value lies outside its interval
 */
export function leadLag(data: Rows<LeadLagRow>, options: ChartOptions = {}): TopLevelSpec {
  const rows = listRows('leadLag', data);
  rows.forEach(({ lag, correlation, low, high }, i) => {
    if (!Number.isInteger(lag) || (i > 0 && lag <= rows[i - 1].lag)) {
      throw new VizInputError(`leadLag: the lag of row ${i} is ${lag}; lags must be ascending whole numbers`);
    }
    checkInterval('leadLag', i, { low, value: correlation, high });
  });
  const { title = 'Sentiment and the returns around it', width = DEFAULT_WIDTH } = options;
  const x = {
    field: 'lag',
    type: 'ordinal',
    axis: {
      title: 'Days from headlines to return',
      titleColor: colors.label,
      titleFontWeight: 'normal',
      labelAngle: 0,
      labelExpr: "datum.value > 0 ? '+' + datum.value : datum.value < 0 ? '−' + abs(datum.value) : '0'",
    },
  } as const;
  const axis = { format: '+.2~f', tickCount: 5, labelExpr: SIGNED_LABEL } as const;
  const strongest = rows.reduce((most, row) =>
    Math.abs(row.correlation) > Math.abs(most.correlation) ? row : most,
  );
  return {
    title: title ?? undefined,
    description:
      `Bar chart of the correlation of daily sentiment with the return ${rows[0].lag} to ${rows[rows.length - 1].lag} days later: ` +
      `strongest at ${strongest.lag} with ${strongest.correlation.toFixed(3)}.`,
    config: theme,
    data: {
      values: rows.map(({ lag, correlation, low, high }) => ({
        lag,
        correlation,
        low,
        high,
        color: low > 0 || high < 0 ? colors.second : colors.actual,
      })),
    },
    vconcat: [
      {
        title: panelTitle('Correlation'),
        width,
        height: 190,
        encoding: { x },
        layer: [
          {
            mark: { type: 'bar', width: { band: 0.6 } },
            encoding: {
              y: { field: 'correlation', type: 'quantitative', axis },
              color: { field: 'color', type: 'nominal', scale: null },
            },
          },
          {
            mark: { type: 'rule', color: colors.ink, strokeWidth: 1.2 },
            encoding: { y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
          },
        ],
      },
    ],
  };
}
