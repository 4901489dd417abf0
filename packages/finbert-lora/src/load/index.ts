export type { LoadedWeights } from './load-weights.js';
export { loadWeights } from './load-weights.js';
