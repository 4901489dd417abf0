export type { CheckpointOptions, Resumable } from './checkpoint/checkpoint-options.js';
export { CheckpointMismatchError, CheckpointsExistError } from './checkpoint/checkpointer.js';
export type { EvaluationRecord } from './checkpoint/saved-state.js';
export { describeDifference } from './checkpoint/saved-state.js';
export type { ClippedGradients } from './clip-by-global-norm.js';
export { clipByGlobalNorm } from './clip-by-global-norm.js';
export type { ParameterCount } from './count-parameters.js';
export { countParameters } from './count-parameters.js';
export { GradientOverflowError, NonFiniteLossError, TrainError, TrainInputError } from './errors.js';
export type { EarlyStoppingOptions } from './fit/early-stopping.js';
export { fit } from './fit/fit.js';
export type {
  CheckpointEvent,
  EndEvent,
  EndReason,
  EpochEvent,
  EvaluationEvent,
  FitEvent,
  FitResult,
  LogEvent,
  Metrics,
  StartEvent,
  StepEvent,
} from './fit/fit-events.js';
export type {
  BatchPlace,
  EvaluationContext,
  FitOptions,
  GradientScaler,
  LossContext,
  TrainingData,
  WeightedLoss,
} from './fit/fit-options.js';
export { requireSameSettings } from './fit/ranks.js';
export type { LayersModel, LayersModule } from './layers-module.js';
export { layersModule } from './layers-module.js';
export { AdamW } from './optimizer/adam-w.js';
export { AdamW8bit } from './optimizer/adam-w-8bit.js';
export type { AdamWOptions } from './optimizer/adam-w-settings.js';
export type { OptimizerName } from './optimizer/make-optimizer.js';
export { makeOptimizer, optimizerNames } from './optimizer/make-optimizer.js';
export type {
  HostTensor,
  NamedGradients,
  Optimizer,
  OptimizerState,
  ParameterGroup,
} from './optimizer/optimizer.js';
export { decayGroups } from './optimizer/optimizer.js';
export { checkpointsOf } from './run/checkpoints.js';
export type { RunEpochEvent, RunResumeEvent, RunStepEvent } from './run/fit-reporter.js';
export { fitReporter } from './run/fit-reporter.js';
export type { RankRoles } from './run/lead-or-follow.js';
export { leadOrFollow } from './run/lead-or-follow.js';
export type { FitProfile, FitRecorder, FitRecords, RunProfileEvent } from './run/record-fit.js';
export { PROFILED_UPDATES, profiledOn, profileFit, recordFit, requireRecordable } from './run/record-fit.js';
export type { Schedule, ScheduleOptions } from './schedules.js';
export { constantSchedule, cosineSchedule, linearSchedule } from './schedules.js';
export type { LoggedRun } from './tensorboard/tensor-board-log.js';
export { TensorBoardLog } from './tensorboard/tensor-board-log.js';
export type { LoadedWeights, LoadWeightsOptions, SaveWeightsOptions } from './weights.js';
export { loadWeights, saveWeights, WeightsMismatchError } from './weights.js';
