export type { PrecisionRecord } from './describe-precision.js';
export { describePrecision } from './describe-precision.js';
