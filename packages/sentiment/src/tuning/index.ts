export type { ClassificationReport, ClassScores } from './classification-report.js';
export { classificationReport } from './classification-report.js';
export type { EvaluateSentimentOptions, SentimentEvaluation } from './evaluate-sentiment.js';
export { evaluateSentiment } from './evaluate-sentiment.js';
export type { FitOnSentencesOptions, FittedClassifier } from './fit-on-sentences.js';
export { fitOnSentences } from './fit-on-sentences.js';
export { modelOfRun } from './model-of-run.js';
export { parameterDepth } from './parameter-depth.js';
export type { TuningData, TuningEvaluation } from './run-files.js';
export {
  confusionSchema,
  describeTuningData,
  tuningDataSchema,
  tuningEvaluationSchema,
  tuningFiles,
} from './run-files.js';
export type { LoraSettings, TuningMethod, TuningOptions, TuningSettings } from './settings.js';
export { resolveTuning, tuningMethods, tuningSettingsSchema } from './settings.js';
export type { TunableModel, TunableModelOptions } from './tunable-model.js';
export { openTunableModel, tunableFingerprint } from './tunable-model.js';
export type { TuneSentimentOptions } from './tune-sentiment.js';
export { tuneSentiment } from './tune-sentiment.js';
export type { TuningEvent } from './tuning-events.js';
export type { TuningSummary } from './tuning-summary.js';
