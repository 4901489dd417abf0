export type {
  DieboldMarianoAlternative,
  DieboldMarianoLoss,
  DieboldMarianoOptions,
  DieboldMarianoResult,
} from './diebold-mariano.js';
export { dieboldMariano } from './diebold-mariano.js';
export { normalQuantile, studentTCdf, studentTTwoSided } from './distributions.js';
export type { PearsonResult } from './pearson.js';
export { pearson } from './pearson.js';
export { wilsonInterval } from './wilson-interval.js';
