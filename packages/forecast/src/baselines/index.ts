export type { Baseline, BaselineName, TrainingMove } from './baseline.js';
export { BASELINE_NAMES } from './baseline.js';
export { drift } from './drift.js';
export { evaluateBaselines } from './evaluate-baselines.js';
export { majorityClass } from './majority-class.js';
export { persistence } from './persistence.js';
