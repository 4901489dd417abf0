import { readFileSync } from 'node:fs';

interface Oracle {
  series: {
    closes: number[];
    /** Number of training returns. */
    train: number;
    ar: { order: number; params: number[]; forecasts: number[] };
    arima: {
      ar: number;
      ma: number;
      logLikelihood: number;
      forecasts: number[];
    };
  }[];
  ridge: {
    x: number[][];
    y: number[];
    train: number;
    penalty: number;
    intercept: number;
    coefficients: number[];
    forecasts: number[];
  }[];
}

/** Made by tooling/oracle/forecast-baselines.py. */
export const oracle = JSON.parse(
  readFileSync(new URL('../fixtures/baselines.json', import.meta.url), 'utf8'),
) as Oracle;
