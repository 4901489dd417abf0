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
