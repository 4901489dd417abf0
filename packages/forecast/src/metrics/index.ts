export type { EvaluateOptions } from './evaluate-forecast.js';
export { evaluateForecast } from './evaluate-forecast.js';
export type { DirectionalAccuracy } from './metrics.js';
export { directionalAccuracy, mae, mape, mase, r2, rmse, smape } from './metrics.js';
export type { DieboldMarianoSummary, ForecastPoint, ForecastTarget, MetricsRow } from './metrics-row.js';
export { forecastPoint } from './metrics-row.js';
