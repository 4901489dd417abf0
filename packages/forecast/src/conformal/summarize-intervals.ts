import type { ForecastPoint, Interval } from '../metrics/metrics-row.js';
import { wilsonInterval } from '../significance/wilson-interval.js';
import type { ConformalMethod, PredictionInterval } from './conformal-intervals.js';
import { conformalIntervals } from './conformal-intervals.js';

/** How well prediction intervals of one method did on the test days. It survives JSON unchanged. */
export interface IntervalSummary {
  /** Share of days on which the interval was to hold the close. */
  readonly level: number;
  /** Number of calibration days. */
  readonly calibrationN: number;
  /** Share of test days on which it did. */
  readonly coverage: number;
  /** Wilson interval of `coverage`, 95 %. */
  readonly coverageInterval: Interval;
  /** Mean distance of the bounds, index points, over the days that have bounds; null when none has. */
  readonly meanWidth: number | null;
  /** Days without bounds, because the method asked for an error larger than any that is known. */
  readonly unbounded: number;
}

/** Summaries of both methods. */
export type PredictionIntervals = Readonly<Record<ConformalMethod, IntervalSummary>>;

/** Calibrates both methods on forecasts of the validation days and measures them on the test days. */
export function predictionIntervals(
  calibration: readonly ForecastPoint[],
  test: readonly ForecastPoint[],
  level: number,
): PredictionIntervals {
  const of = (method: ConformalMethod): IntervalSummary =>
    summarizeIntervals(conformalIntervals(calibration, test, { level, method }), level, calibration.length);
  return { split: of('split'), adaptive: of('adaptive') };
}

function summarizeIntervals(
  days: readonly PredictionInterval[],
  level: number,
  calibrationN: number,
): IntervalSummary {
  const hits = days.filter(({ covered }) => covered).length;
  const widths = days.flatMap(({ interval }) => (interval === null ? [] : [interval[1] - interval[0]]));
  return {
    level,
    calibrationN,
    coverage: hits / days.length,
    coverageInterval: wilsonInterval(hits, days.length) as Interval,
    meanWidth: widths.length === 0 ? null : widths.reduce((sum, width) => sum + width, 0) / widths.length,
    unbounded: days.length - widths.length,
  };
}
