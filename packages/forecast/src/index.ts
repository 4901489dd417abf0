export * from './backtest/index.js';
export type {
  Baseline,
  BaselineDay,
  BaselineForecasts,
  BaselineInput,
  BaselineName,
  BaselineSample,
  BaselineSplit,
  DaySentiment,
  FittedBaseline,
  ForecastBaselinesOptions,
} from './baselines/index.js';
export { BASELINE_NAMES, baselines, forecastBaselines } from './baselines/index.js';
export * from './conformal/index.js';
export { ForecastInputError, RankStoppedError } from './errors.js';
export * from './lead-lag/index.js';
export * from './metrics/index.js';
export { modelName } from './model/model-name.js';
export { sampleOptions } from './model/price-features.js';
export type {
  ForecastBatch,
  ForecastOutput,
  PriceSideOptions,
  PriceTextForecasterOptions,
} from './model/price-text-forecaster.js';
export { PriceTextForecaster } from './model/price-text-forecaster.js';
export { changeSettings, resolveSettings } from './model/resolve-settings.js';
export type {
  EncoderSettings,
  ForecasterOptions,
  ForecasterSettings,
  ForecastTargetKind,
  HeadlineAggregate,
  LstmSettings,
  Pooling,
  TextKind,
} from './model/settings.js';
export { forecastTargets, headlineAggregates, poolings, textKinds } from './model/settings.js';
export { forecasterSettingsSchema } from './model/settings-schema.js';
export type { EvaluateElsewhereOptions } from './pipeline/evaluate-elsewhere.js';
export { evaluateElsewhere } from './pipeline/evaluate-elsewhere.js';
export type { EvaluatePredictionsOptions } from './pipeline/evaluate-predictions.js';
export { evaluatePredictions } from './pipeline/evaluate-predictions.js';
export type { EvaluateRunOptions } from './pipeline/evaluate-run.js';
export { evaluateRun } from './pipeline/evaluate-run.js';
export type { FitForecasterOptions } from './pipeline/fit-forecaster.js';
export { fitForecaster } from './pipeline/fit-forecaster.js';
export type { ForecastSplitOptions, SplitForecast } from './pipeline/forecast-split.js';
export { forecastSplit } from './pipeline/forecast-split.js';
export type { DayForecast, ForecasterParts, PredictOptions } from './pipeline/forecaster.js';
export { Forecaster } from './pipeline/forecaster.js';
export type { LoadForecasterOptions } from './pipeline/load-forecaster.js';
export { loadForecaster, openForecaster } from './pipeline/load-forecaster.js';
export type { NewForecasterOptions } from './pipeline/new-forecaster.js';
export { newForecaster } from './pipeline/new-forecaster.js';
export type { NextDayForecast } from './pipeline/predict-next-day.js';
export { predictNextDay } from './pipeline/predict-next-day.js';
export type { TrackRecord } from './pipeline/track-record.js';
export type { SplitEvent, TrainEvent } from './pipeline/train-events.js';
export type { TrainForecasterOptions, TrainSummary } from './pipeline/train-forecaster.js';
export { trainForecaster } from './pipeline/train-forecaster.js';
export { formatBaselines, parseBaselines } from './run/baselines-file.js';
export type { Prediction } from './run/predictions.js';
export { formatPredictions, parsePredictions } from './run/predictions.js';
export type {
  EpochLosses,
  Evaluation,
  ForecasterRecord,
  RunData,
  SplitSummary,
} from './run/run-files.js';
export {
  describeRunData,
  epochLossesSchema,
  evaluationSchema,
  forecasterRecordSchema,
  runDataSchema,
  runFiles,
} from './run/run-files.js';
export type { EvaluationRow } from './run/table-schemas.js';
export { backtestResultsSchema } from './run/table-schemas.js';
export * from './significance/index.js';
export * from './text/index.js';
