import { conformalIntervals } from '../conformal/conformal-intervals.js';
import { rmse } from '../metrics/metrics.js';
import type { Prediction } from '../run/predictions.js';
import { dieboldMariano } from '../significance/diebold-mariano.js';

/** Confidence level of the intervals of forecasts. */
export const LEVEL = 0.95;

/** How a run's forecasts of its test days came out. */
export interface TrackRecord {
  /** Number of test days, and the first and last of them, ISO. */
  readonly n: number;
  readonly first: string;
  readonly last: string;
  /** Root mean squared error of the model's forecasts, index points. */
  readonly rmse: number;
  /** That of persistence: the next close is the last one. */
  readonly persistenceRmse: number;
  /** p-value of the Diebold-Mariano test of the difference, two-sided; null where it is not defined. */
  readonly dieboldMarianoPValue: number | null;
  /** Share of the test days whose close was in the interval of its forecast; null without validation days. */
  readonly coverage: number | null;
}

/** The record of a run on its test days. Null without any. */
export function trackRecord(predictions: readonly Prediction[]): TrackRecord | null {
  const part = (name: Prediction['split']) => predictions.filter(({ split }) => split === name);
  const [validation, test] = [part('validation'), part('test')];
  if (test.length === 0) return null;
  const column = (name: 'actual' | 'predicted' | 'lastClose') => test.map((day) => day[name]);
  const errors = (forecasts: readonly number[]) => forecasts.map((value, i) => test[i].actual - value);
  const intervals = validation.length === 0 ? null : conformalIntervals(validation, test, { level: LEVEL });
  return {
    n: test.length,
    first: test[0].targetDate,
    last: test[test.length - 1].targetDate,
    rmse: rmse(column('actual'), column('predicted')),
    persistenceRmse: rmse(column('actual'), column('lastClose')),
    dieboldMarianoPValue:
      test.length < 2
        ? null
        : dieboldMariano(errors(column('predicted')), errors(column('lastClose'))).pValue,
    coverage: intervals && intervals.filter(({ covered }) => covered).length / intervals.length,
  };
}
