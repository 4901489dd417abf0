export type {
  Baseline,
  BaselineDay,
  BaselineInput,
  BaselineName,
  BaselineSample,
  DaySentiment,
  FittedBaseline,
} from './baseline.js';
export { BASELINE_NAMES } from './baseline.js';
export type { BaselineForecasts, BaselineSplit, ForecastBaselinesOptions } from './forecast-baselines.js';
export { forecastBaselines } from './forecast-baselines.js';
export { baselines } from './registry.js';
