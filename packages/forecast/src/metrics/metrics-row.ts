import type { DieboldMarianoLoss } from '../significance/diebold-mariano.js';

/** One forecast and what came of it. */
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

/** One line of a metrics table. It survives JSON unchanged: what is undefined is null, and `notes` says why. */
export interface MetricsRow {
  /** Name of the model or baseline. */
  readonly model: string;
  /** Number of forecasts measured. */
  readonly n: number;
  /** Mean absolute error, index points. */
  readonly mae: number;
  /** Root mean squared error, index points. */
  readonly rmse: number;
  /** Mean absolute percentage error as a fraction: 0.00728 is 0.728 %. */
  readonly mape: number;
  /** Coefficient of determination of the price level. */
  readonly r2: number;
  /** Share of right directions among the forecasts that name one; null when none does. */
  readonly directionalAccuracy: number | null;
  /** Number of forecasts that name a direction: what `directionalAccuracy` is a share of. */
  readonly directionalN: number;
  /** Wilson interval of `directionalAccuracy`. */
  readonly directionalInterval: readonly [low: number, high: number] | null;
  /** Test against persistence on the same days; null for persistence itself and where there are too few days. */
  readonly dieboldMariano: DieboldMarianoSummary | null;
  /** What a reader has to know about a null or a degenerate value; empty when there is nothing. */
  readonly notes: readonly string[];
}

/** Diebold-Mariano test of a row against persistence, two-sided. */
export interface DieboldMarianoSummary {
  /** Below 0 when the row's forecasts lose less than persistence, above 0 when they lose more. */
  readonly statistic: number;
  /** Two-sided. */
  readonly pValue: number;
  readonly loss: DieboldMarianoLoss;
}
