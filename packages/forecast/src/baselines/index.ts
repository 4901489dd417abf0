export type { Baseline, BaselineName, TrainingMove } from './baselines.js';
export { BASELINE_NAMES, drift, majorityClass, persistence } from './baselines.js';
export { evaluateBaselines } from './evaluate-baselines.js';
