import type { TopLevelSpec } from 'vega-lite';
import type { Rows } from './check-data.js';
import { checkFinite, isoDates, listRows } from './check-data.js';
import type { ChartOptions } from './panel.js';
import { DEFAULT_WIDTH, panelTitle } from './panel.js';
import type { ForecastRow } from './predicted-vs-actual.js';
import { colors, theme } from './theme.js';
import { timeChannel } from './time-axis.js';

/**
 * Charts the absolute error of persistence minus that of the forecast, summed over days. The line rises while the forecast
 * is better than "tomorrow's close is today's" and falls while it is worse. After Welch and Goyal (2008), with absolute
 * instead of squared errors, so the axis is in index points.
 *
 * @throws VizInputError when there is no row, a number is not finite, or days are not ascending ISO days
 */
export function cumulativeGain(data: Rows<ForecastRow>, options: ChartOptions = {}): TopLevelSpec {
  const rows = listRows('cumulativeGain', data);
  const dates = isoDates(
    'cumulativeGain',
    rows.map((row) => row.targetDate),
  );
  const { title = 'Gain over persistence', width = DEFAULT_WIDTH } = options;
  let gain = 0;
  const values = rows.map(({ lastClose, actual, predicted }, i) => {
    gain += Math.abs(actual - lastClose) - Math.abs(actual - predicted);
    checkFinite('cumulativeGain', i, 'the error', gain);
    return { date: dates[i], gain };
  });
  const x = timeChannel('date', dates, width);
  return {
    title: title ?? undefined,
    description:
      `Line chart of the absolute error saved against persistence, summed over ${rows.length} trading days ` +
      `from ${dates[0]} to ${dates[dates.length - 1]}: ${gain.toFixed(0)} points in the end.`,
    config: theme,
    data: { values },
    vconcat: [
      {
        title: panelTitle('Error saved, index points'),
        width,
        height: 150,
        layer: [
          {
            mark: { type: 'area', color: colors.second, opacity: 0.15 },
            encoding: { x, y: { field: 'gain', type: 'quantitative' } },
          },
          {
            mark: { type: 'line', color: colors.second, strokeWidth: 1.6 },
            encoding: { x, y: { field: 'gain', type: 'quantitative', axis: { format: ',d', tickCount: 5 } } },
          },
          { mark: { type: 'rule', color: colors.ink, strokeWidth: 1 }, encoding: { y: { datum: 0 } } },
        ],
      },
    ],
  };
}
