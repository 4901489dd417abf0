import { arima } from './arima.js';
import { autoregressive } from './autoregression.js';
import type { Baseline } from './baseline.js';
import { drift, majorityClass, persistence } from './constant-change.js';
import { movingAverage } from './moving-average.js';
import { ridge, ridgeSentiment } from './ridge.js';

/** All baselines, in the order of their rows. A new one is one entry here and one name in {@link BASELINE_NAMES}. */
export const baselines: readonly Baseline[] = [
  persistence,
  drift,
  majorityClass,
  movingAverage,
  autoregressive,
  arima,
  ridge,
  ridgeSentiment,
];
