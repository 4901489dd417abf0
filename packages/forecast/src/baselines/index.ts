export type { Baseline, BaselineName, TrainingMove } from './baselines.js';
export { BASELINE_NAMES, drift, evaluateBaselines, majorityClass, persistence } from './baselines.js';
