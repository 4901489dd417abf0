export type { BootstrapOptions } from './block-bootstrap.js';
export { bootstrapInterval, optimalBlockLength } from './block-bootstrap.js';
export type { OneSidedResult } from './clark-west.js';
export { clarkWest } from './clark-west.js';
export type {
  DieboldMarianoAlternative,
  DieboldMarianoLoss,
  DieboldMarianoOptions,
  DieboldMarianoResult,
} from './diebold-mariano.js';
export { dieboldMariano } from './diebold-mariano.js';
export { normalQuantile, studentTCdf, studentTQuantile, studentTTwoSided } from './distributions.js';
export { holm } from './holm.js';
export type { PearsonResult } from './pearson.js';
export { pearson } from './pearson.js';
export { pesaranTimmermann } from './pesaran-timmermann.js';
export { wilsonInterval } from './wilson-interval.js';
