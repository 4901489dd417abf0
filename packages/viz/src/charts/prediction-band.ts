import type { TopLevelSpec } from 'vega-lite';
import type { Rows } from './check-data.js';
import { checkInterval, listRows } from './check-data.js';
import type { ChartOptions } from './panel.js';
import { DEFAULT_WIDTH, panelTitle, SIGNED_LABEL, seriesLegend } from './panel.js';
import type { ForecastRow } from './predicted-vs-actual.js';
import { checkForecasts } from './predicted-vs-actual.js';
import { colors, theme } from './theme.js';
import { timeChannel } from './time-axis.js';

/** One forecast with its prediction interval, in index points. */
export interface BandRow extends ForecastRow {
  /** Bounds of the interval around `predicted`. */
  readonly low: number;
  readonly high: number;
}

/** Options of {@link predictionBand}. */
export interface PredictionBandOptions extends ChartOptions {
  /** Share of days that the interval should hold, from 0 to 1, for the legend. */
  readonly level: number;
}

const MISSED = 'Outside';

/**
 * Charts prediction intervals around the forecasts, as changes from the last close, with the actual changes as dots. Days
 * outside their interval stand out.
 *
 * @throws VizInputError when there is no row, an interval does not hold its forecast, or days are not ascending
 */
export function predictionBand(data: Rows<BandRow>, options: PredictionBandOptions): TopLevelSpec {
  const rows = listRows('predictionBand', data);
  const dates = checkForecasts('predictionBand', rows);
  rows.forEach(({ low, predicted, high }, i) => {
    checkInterval('predictionBand', i, { low, value: predicted, high });
  });
  const { title = 'Prediction intervals', width = DEFAULT_WIDTH, level } = options;
  const inside = ({ low, actual, high }: BandRow) => low <= actual && actual <= high;
  const held = rows.filter(inside).length;
  const band = `${Number((100 * level).toFixed(1))} % interval`;
  const color = {
    domain: [band, 'Actual change', MISSED],
    range: [colors.second, colors.label, colors.model],
  };
  const legend = seriesLegend(color.domain, width, 'area');
  const x = timeChannel('date', dates, width);
  const axis = { format: '+.1~%', tickCount: 5, labelExpr: SIGNED_LABEL } as const;
  const change = (value: number, { lastClose }: BandRow) => value / lastClose - 1;
  return {
    title: title ?? undefined,
    description:
      `Band of ${band}s around the forecast changes of ${rows.length} trading days, ${dates[0]} to ${dates[dates.length - 1]}; ` +
      `${held} of the actual changes (${((100 * held) / rows.length).toFixed(1)} %) lie inside.`,
    config: theme,
    data: {
      values: rows.map((row, i) => ({
        date: dates[i],
        low: change(row.low, row),
        high: change(row.high, row),
        actual: change(row.actual, row),
        series: inside(row) ? 'Actual change' : MISSED,
      })),
    },
    vconcat: [
      {
        title: panelTitle('Change from the previous close'),
        width,
        height: 210,
        encoding: { x },
        layer: [
          {
            mark: { type: 'area', opacity: 0.25, interpolate: 'step' },
            encoding: {
              y: { field: 'low', type: 'quantitative', axis },
              y2: { field: 'high' },
              color: { datum: band, scale: color, legend },
            },
          },
          {
            mark: { type: 'point', filled: true, size: 16, opacity: 1 },
            encoding: {
              y: { field: 'actual', type: 'quantitative' },
              color: { field: 'series', type: 'nominal', scale: color, legend },
            },
          },
        ],
      },
    ],
  };
}
