export type { CheckpointOptions, Resumable } from './checkpoint/checkpoint-options.js';
export { CheckpointMismatchError, CheckpointsExistError } from './checkpoint/errors.js';
export type { ClippedGradients } from './clip-by-global-norm.js';
export { clipByGlobalNorm } from './clip-by-global-norm.js';
export { TrainError, TrainInputError } from './errors.js';
export type { SignalAbort } from './fit/abort-on-signals.js';
export { abortOnSignals } from './fit/abort-on-signals.js';
export type { EarlyStoppingOptions } from './fit/early-stopping.js';
export { fit } from './fit/fit.js';
export type {
  CheckpointEvent,
  EndEvent,
  EndReason,
  EpochEvent,
  EvaluationEvent,
  EvaluationRecord,
  FitEvent,
  FitResult,
  LogEvent,
  Metrics,
  StartEvent,
  StepEvent,
} from './fit/fit-events.js';
export type { EvaluationContext, FitOptions, LossContext } from './fit/fit-options.js';
export type { GradientScaler } from './fit/gradient-scaler.js';
export { NonFiniteLossError } from './fit/non-finite-loss-error.js';
export type { BatchPlace, TrainingData } from './fit/training-data.js';
export type { LayersModel } from './layers-module.js';
export { layersModule } from './layers-module.js';
export type { AdamWOptions } from './optimizer/adam-w.js';
export { AdamW } from './optimizer/adam-w.js';
export { decayGroups } from './optimizer/decay-groups.js';
export type {
  HostTensor,
  NamedGradients,
  Optimizer,
  OptimizerState,
  PackedGradients,
} from './optimizer/optimizer.js';
export type { ParameterGroup } from './optimizer/parameter-group.js';
export type { ResumeFrom } from './run/checkpoints.js';
export { checkpointsOf } from './run/checkpoints.js';
export type { RunEpochEvent, RunResumeEvent, RunStepEvent } from './run/fit-reporter.js';
export { fitReporter } from './run/fit-reporter.js';
export { constantSchedule } from './schedule/constant-schedule.js';
export { cosineSchedule } from './schedule/cosine-schedule.js';
export { linearSchedule } from './schedule/linear-schedule.js';
export type { Schedule, ScheduleOptions } from './schedule/schedule.js';
export { TensorBoardLog } from './tensorboard/tensor-board-log.js';
export type { LoadedWeights, LoadWeightsOptions } from './weights/load-weights.js';
export { loadWeights } from './weights/load-weights.js';
export { WeightsMismatchError } from './weights/mismatch-error.js';
export type { SaveWeightsOptions } from './weights/save-weights.js';
export { saveWeights } from './weights/save-weights.js';
