import type { TopLevelSpec } from 'vega-lite';
import type { Day, Rows } from './check-data.js';
import { checkFinite, isoDates, listRows } from './check-data.js';
import type { ChartOptions } from './panel.js';
import { DEFAULT_WIDTH, panelTitle, SIGNED_LABEL } from './panel.js';
import { colors, theme } from './theme.js';
import { timeChannel } from './time-axis.js';

/** One forecast. A `ForecastPoint` of `@fin/forecast` has all these fields. Closes in index points. */
export interface ForecastRow {
  /** Day that was forecast. */
  readonly targetDate: Day;
  /** Close of the day before. */
  readonly lastClose: number;
  readonly actual: number;
  readonly predicted: number;
}

const ACTUAL = 'Actual';
const FORECAST = 'Forecast';
const color = { domain: [ACTUAL, FORECAST], range: [colors.actual, colors.model] };

/**
 * Charts forecast and actual values in two panels on one time axis: above the closes, below the change from the last close. On
 * the closes, every forecast that starts from the last close looks good; the change is the quantity that is really forecast.
 *
 * @throws VizInputError when there is no row, a number is not finite, or days are not ascending ISO days
 */
export function predictedVsActual(data: Rows<ForecastRow>, options: ChartOptions = {}): TopLevelSpec {
  const rows = listRows('predictedVsActual', data);
  const dates = checkForecasts('predictedVsActual', rows);
  const { title = 'Forecast and actual close', width = DEFAULT_WIDTH } = options;
  const x = timeChannel('date', dates, width);
  return {
    title: title ?? undefined,
    description: describe(rows, dates),
    config: theme,
    data: {
      values: rows.map(({ lastClose, actual, predicted }, i) => ({
        date: dates[i],
        actual,
        predicted,
        actualChange: actual / lastClose - 1,
        predictedChange: predicted / lastClose - 1,
      })),
    },
    resolve: { scale: { color: 'independent' } },
    vconcat: [
      {
        title: panelTitle('Close, index points'),
        width,
        height: 230,
        encoding: { x },
        layer: [
          {
            mark: { type: 'line', strokeWidth: 3, strokeCap: 'round' },
            encoding: {
              y: { field: 'actual', type: 'quantitative', scale: { zero: false } },
              color: { datum: ACTUAL, scale: color },
            },
          },
          {
            mark: { type: 'line', strokeWidth: 1.2 },
            encoding: {
              y: { field: 'predicted', type: 'quantitative', scale: { zero: false } },
              color: { datum: FORECAST, scale: color },
            },
          },
        ],
      },
      {
        title: panelTitle('Change from the previous close'),
        width,
        height: 120,
        encoding: { x },
        layer: [
          {
            mark: {
              type: 'rule',
              strokeWidth: Math.max(1, (0.7 * width) / rows.length),
              color: colors.actual,
            },
            encoding: {
              y: {
                field: 'actualChange',
                type: 'quantitative',
                axis: { format: '+.1~%', tickCount: 5, labelExpr: SIGNED_LABEL },
              },
              y2: { datum: 0 },
            },
          },
          {
            mark: { type: 'line', strokeWidth: 1.2, color: colors.model },
            encoding: { y: { field: 'predictedChange', type: 'quantitative' } },
          },
        ],
      },
    ],
  };
}

/** The target days as ISO dates. Throws unless they ascend and all numbers are finite. */
export function checkForecasts(chart: string, rows: readonly ForecastRow[]): string[] {
  for (const [i, row] of rows.entries()) {
    for (const field of ['lastClose', 'actual', 'predicted'] as const) {
      checkFinite(chart, i, field, row[field]);
    }
  }
  return isoDates(
    chart,
    rows.map((row) => row.targetDate),
  );
}

function describe(rows: readonly ForecastRow[], dates: readonly string[]): string {
  const closes = rows.map((row) => row.actual);
  const error = rows.reduce((sum, row) => sum + Math.abs(row.actual - row.predicted), 0) / rows.length;
  return (
    `Two line charts over ${rows.length} trading days, ${dates[0]} to ${dates[dates.length - 1]}: ` +
    `actual closes between ${Math.round(Math.min(...closes))} and ${Math.round(Math.max(...closes))} with their forecasts, ` +
    `off by ${error.toFixed(1)} points on average, and the daily changes with the forecast changes.`
  );
}
