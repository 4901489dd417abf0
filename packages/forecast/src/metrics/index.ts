export type { Adjusted, CompareOptions, Comparison, ForecastSeries } from './compare-forecasts.js';
export { compareForecasts } from './compare-forecasts.js';
export type { Seeds } from './daily.js';
export { evaluateForecast } from './evaluate-forecast.js';
export type { EvaluateOptions } from './evaluate-options.js';
export type { SeedDeviations, SeedsRow } from './evaluate-seeds.js';
export { evaluateSeeds } from './evaluate-seeds.js';
export type { DirectionalAccuracy } from './metrics.js';
export { directionalAccuracy, mae, mape, mase, outOfSampleR2, r2, rmse, smape } from './metrics.js';
export type {
  DieboldMarianoSummary,
  Difference,
  ErrorDifferences,
  ForecastPoint,
  ForecastTarget,
  Interval,
  MetricsRow,
  TestSummary,
} from './metrics-row.js';
export { forecastPoint } from './metrics-row.js';
