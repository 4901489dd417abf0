import type { Baseline } from './baseline.js';

/** Closes averaged: one trading week. */
const DAYS = 5;

/**
 * Mean of the last five closes, as `NaiveMovingAverage` of darts forecasts one step ahead; of fewer where fewer are known. It lags
 * behind a trend, so it is a weaker baseline than persistence on a random walk.
 */
export const movingAverage: Baseline = {
  name: 'moving-average',
  needs: 'closes',
  nestsPersistence: false,
  fit: () => ({
    predict({ closes }) {
      const last = closes.slice(-DAYS);
      return last.reduce((sum, close) => sum + close, 0) / last.length;
    },
  }),
};
