import { readFileSync } from 'node:fs';

type Interval = [number, number];

interface Oracle {
  metrics: {
    lastClose: number[];
    actual: number[];
    predicted: number[];
    mae: number;
    rmse: number;
    mape: number;
    smape: number;
    r2: number;
    mase: number;
    directionalAccuracy: number;
    directionalInterval: Interval;
    squared: { statistic: number; pValue: number };
    absolute: { statistic: number; pValue: number };
  }[];
  dieboldMariano: {
    a: number[];
    b: number[];
    horizon: number;
    loss: 'squared' | 'absolute';
    alternative: 'two-sided' | 'less' | 'greater';
    statistic: number;
    pValue: number;
  }[];
  studentT: { t: number; df: number; cdf: number; twoSided: number }[];
  normalQuantile: { p: number; z: number }[];
  wilson: { successes: number; n: number; level: number; interval: Interval }[];
  pearson: { x: number[]; y: number[]; r: number; pValue: number; interval: Interval }[];
}

/** Made by tooling/oracle/forecast-metrics.py. */
export const oracle = JSON.parse(
  readFileSync(new URL('../fixtures/metrics.json', import.meta.url), 'utf8'),
) as Oracle;
