export { compare } from './compare.js';
export type { CompareEvent } from './compare-events.js';
export type { CompareOptions, CompareResult } from './compare-options.js';
export type { RandomEncoderName } from './encoder/random-encoder.js';
export { randomEncoderNames, writeRandomEncoder } from './encoder/random-encoder.js';
export { ComparisonInputError } from './errors.js';
export { MeasurementError } from './measure/measure.js';
export type { ComparisonDataRecord } from './open-comparison.js';
export type { Conclusion, Delta } from './results/delta.js';
export type { ComparisonTable } from './results/format-table.js';
export { comparisonSentences, comparisonTables, unfinishedTraining } from './results/format-table.js';
export type {
  EpochLosses,
  GpuCost,
  Latency,
  Measurement,
  Scores,
  TrainingCost,
} from './results/measurement.js';
export { measurementSchema } from './results/measurement.js';
export { profileFile } from './results/profiles.js';
export type { DeltaName } from './results/quantities.js';
export { deltaNames, formatDelta } from './results/quantities.js';
export type { ComparisonResults } from './results/results.js';
export { comparisonResultsSchema } from './results/results.js';
export type { LatencyRow, VariantRow } from './results/variant-row.js';
export type {
  ComparisonOptions,
  ComparisonSettings,
  LatencySettings,
  SharedForecasterOptions,
  SharedTuningOptions,
} from './settings.js';
export { comparisonSettingsSchema, resolveComparison } from './settings.js';
export type { JobName, VariantName } from './variants.js';
export { jobNames, usualVariants, variantNames } from './variants.js';
