export type { ConformalMethod, ConformalOptions, PredictionInterval } from './conformal-intervals.js';
export { conformalIntervals, forecastInterval } from './conformal-intervals.js';
export type { IntervalSummary, PredictionIntervals } from './summarize-intervals.js';
