export { autocast } from './autocast/autocast.js';
export type { Widening, WideningReason } from './autocast/widening-report.js';
export {
  formatWideningReport,
  resetWideningReport,
  wideningReport,
} from './autocast/widening-report.js';
export type { LowDType } from './core/low-dtype.js';
export type { OpList, OpRule, OpRules } from './core/op-lists.js';
export { OP_LISTS, UNMAPPED_TORCH_OPS } from './core/op-lists.js';
export type {
  AmpMode,
  InferencePrecision,
  PolicyOptions,
  Precision,
  SavedActivations,
} from './core/policy.js';
export { Policy, PRECISIONS, precisionPolicy } from './core/policy.js';
export { AmpError, AmpInputError, GradScalerError, HeldShapeError } from './errors.js';
export type {
  Gradients,
  GradScalerOptions,
  GradScalerState,
  ScaledOptimizer,
} from './grad-scaler.js';
export { GradScaler } from './grad-scaler.js';
export type { AmpDecision } from './machine/decide-amp-mode.js';
export { decideAmpMode, formatAmpDecision } from './machine/decide-amp-mode.js';
export type { RunEnvironment } from './machine/describe-environment.js';
export { describeEnvironment } from './machine/describe-environment.js';
export type { PrecisionRecord } from './machine/describe-precision.js';
export { describePrecision } from './machine/describe-precision.js';
export type { LowBitFormat, LowBitOptions } from './to-low-bit.js';
export { lowBitFormats, toLowBit } from './to-low-bit.js';
export type { LowPrecisionOptions, LowPrecisionReport } from './to-low-precision.js';
export { toLowPrecision } from './to-low-precision.js';
