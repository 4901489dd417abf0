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
  /** Number of days measured. */
  readonly n: number;
  /** Mean absolute error, index points. */
  readonly mae: number;
  /** Root mean squared error, index points. */
  readonly rmse: number;
  /** Mean absolute percentage error as a fraction: 0.00728 is 0.728 %. Null when an actual value is 0. */
  readonly mape: number | null;
  /** Symmetric MAPE as a fraction from 0 to 2. */
  readonly smape: number;
  /** MAE divided by the mean absolute daily change of the training days. Null without training days, and when they never change. */
  readonly mase: number | null;
  /** Coefficient of determination of the price level. Null when the actual values are constant. */
  readonly r2: number | null;
  /** Out-of-sample R² against the drift (Campbell-Thompson). Null without forecasts of the drift, and when it is never wrong. */
  readonly oosR2: number | null;
  /** Share of right directions among the forecasts that name one. Null when none does. */
  readonly directionalAccuracy: number | null;
  /** Number of forecasts that name a direction: the denominator of `directionalAccuracy`. */
  readonly directionalN: number;
  /** Wilson interval of `directionalAccuracy`; null with it. */
  readonly directionalInterval: Interval | null;
  /** Test that the named directions are independent of the actual ones, one-sided. Null where either has one direction only. */
  readonly pesaranTimmermann: TestSummary | null;
  /** Test against persistence on the same days. Null for persistence itself, for too few days, and where the losses differ
   * by the same amount every day. */
  readonly dieboldMariano: DieboldMarianoSummary | null;
  /** One-sided test against persistence, for a model that contains it as a special case. Null for all others. */
  readonly clarkWest: TestSummary | null;
  /** Differences to persistence. Null for persistence itself. */
  readonly differences: ErrorDifferences | null;
  /** Reasons for nulls and remarks on degenerate values; empty for an ordinary row. */
  readonly notes: readonly string[];
}

/** Interval of a figure. */
export type Interval = readonly [low: number, high: number];

/** Result of a test. */
export interface TestSummary {
  readonly statistic: number;
  readonly pValue: number;
}

/** Diebold-Mariano test of a row against persistence, two-sided. */
export interface DieboldMarianoSummary extends TestSummary {
  /** Below 0 when the row's forecasts lose less than persistence, above 0 when they lose more. */
  readonly statistic: number;
  readonly loss: DieboldMarianoLoss;
}

/** A difference between two forecasts of the same days. */
export interface Difference {
  /** The first minus the second. */
  readonly value: number;
  /** Interval by the stationary block bootstrap; null for too few days, and where the daily difference is constant. */
  readonly interval: Interval | null;
}

/** Differences of error measures: negative when the first forecast errs less. Index points. */
export interface ErrorDifferences {
  readonly mae: Difference;
  /** Of the root of the mean squared errors, after averaging them over seeds. */
  readonly rmse: Difference;
}
