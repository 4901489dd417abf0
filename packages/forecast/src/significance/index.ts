export type {
  DieboldMarianoAlternative,
  DieboldMarianoLoss,
  DieboldMarianoOptions,
  DieboldMarianoResult,
} from './diebold-mariano.js';
export { dieboldMariano } from './diebold-mariano.js';
export { normalQuantile } from './normal-quantile.js';
export type { PearsonResult } from './pearson.js';
export { pearson } from './pearson.js';
export { studentTCdf, studentTTwoSided } from './student-t-cdf.js';
export { wilsonInterval } from './wilson-interval.js';
