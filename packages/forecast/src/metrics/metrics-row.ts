import type { DieboldMarianoLoss } from '../significance/diebold-mariano.js';

/** One forecast and its outcome. */
export interface ForecastPoint {
  /** Day after whose close the forecast was made, ISO. */
  readonly decisionDate: string;
  /** Day whose close was forecast, ISO. */
  readonly targetDate: string;
  /** Close of the decision day, index points. */
  readonly lastClose: number;
  /** Close of the target day, index points. */
  readonly actual: number;
  /** Forecast of `actual`, index points. */
  readonly predicted: number;
}

/** The part of a `Sample` of `@fin/data` that a forecast is measured against. */
export interface ForecastTarget {
  readonly decisionDate: string;
  readonly targetDate: string;
  readonly lastClose: number;
  readonly targetClose: number;
}

/** The forecast `predicted` (index points) of a sample's target. */
export function forecastPoint(target: ForecastTarget, predicted: number): ForecastPoint {
  return {
    decisionDate: target.decisionDate,
    targetDate: target.targetDate,
    lastClose: target.lastClose,
    actual: target.targetClose,
    predicted,
  };
}

/** One line of a metrics table. It survives JSON unchanged: an undefined value is null, and `notes` gives the reason. */
export interface MetricsRow {
  /** Name of the model or baseline. */
  readonly model: string;
  /** Number of forecasts measured. */
  readonly n: number;
  /** Mean absolute error, index points. */
  readonly mae: number;
  /** Root mean squared error, index points. */
  readonly rmse: number;
  /** Mean absolute percentage error as a fraction: 0.00728 is 0.728 %. Null when an actual value is 0. */
  readonly mape: number | null;
  /** Coefficient of determination of the price level. Null when the actual values are constant. */
  readonly r2: number | null;
  /** Share of right directions among the forecasts that name one. Null when none does. */
  readonly directionalAccuracy: number | null;
  /** Number of forecasts that name a direction: the denominator of `directionalAccuracy`. */
  readonly directionalN: number;
  /** Wilson interval of `directionalAccuracy`; null with it. */
  readonly directionalInterval: readonly [low: number, high: number] | null;
  /** Test against persistence on the same days. Null for persistence itself, for too few days, and where the losses differ
   * by the same amount every day. */
  readonly dieboldMariano: DieboldMarianoSummary | null;
  /** Reasons for nulls and remarks on degenerate values; empty for an ordinary row. */
  readonly notes: readonly string[];
}

/** Diebold-Mariano test of a row against persistence, two-sided. */
export interface DieboldMarianoSummary {
  /** Below 0 when the row's forecasts lose less than persistence, above 0 when they lose more. */
  readonly statistic: number;
  readonly pValue: number;
  readonly loss: DieboldMarianoLoss;
}
