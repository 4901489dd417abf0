import type { EvaluationRecord } from '../checkpoint/saved-state.js';

/** Results of an evaluation, by name. */
export type Metrics = Readonly<Record<string, number>>;

/** Reason for the end of a run. */
export type EndReason = 'completed' | 'earlyStopping' | 'aborted';

/** Result of {@link fit}. */
export type FitResult = {
  readonly reason: EndReason;
  /** Updates, including those before a resume. */
  readonly steps: number;
  /** Epochs so far, with fractions. */
  readonly epochs: number;
  /** Mean training loss of each finished epoch. */
  readonly epochLosses: readonly number[];
  readonly evaluations: readonly EvaluationRecord[];
  /** The evaluation whose weights the model has now; null if it has the weights of the last update. */
  readonly best: EvaluationRecord | null;
  /** Bytes of the optimizer's state in memory. */
  readonly optimizerBytes: number;
};

/** Before the first update. */
export type StartEvent = {
  readonly type: 'start';
  /** Updates so far; above 0 in a resumed run. */
  readonly step: number;
  /** Updates of the whole run without early stopping. */
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
};

/** After each update; reads nothing from the device. */
export type StepEvent = {
  readonly type: 'step';
  /** Updates so far. */
  readonly step: number;
  readonly totalSteps: number;
  /** Epochs so far, with fractions. */
  readonly epoch: number;
  /** Loss of the last {@link LogEvent}; null before the first. */
  readonly loss: number | null;
  /** Estimate from the speed so far. */
  readonly secondsLeft: number;
};

/** Every `logEvery` updates and at the end of an epoch. */
export type LogEvent = {
  readonly type: 'log';
  /** Updates so far. */
  readonly step: number;
  /** Epochs so far, with fractions. */
  readonly epoch: number;
  /** Mean training loss of the examples since the last log event. */
  readonly loss: number;
  /** Learning rate of the last update. */
  readonly learningRate: number;
  /** Gradient norm of the last update before clipping; null without `maxGradNorm`. */
  readonly gradNorm: number | null;
  /** Loss scale; null without a gradient scaler. */
  readonly lossScale: number | null;
  /** Updates skipped since the last log event because of a non-finite gradient; null without a gradient scaler. */
  readonly skippedUpdates: number | null;
  readonly examplesPerSecond: number;
};

/** After each evaluation. */
export type EvaluationEvent = EvaluationRecord & {
  readonly type: 'evaluation';
  /** Whether it is the best so far; null without early stopping. */
  readonly improved: boolean | null;
};

/** After each epoch. */
export type EpochEvent = {
  readonly type: 'epoch';
  /** Epochs so far. */
  readonly epoch: number;
  /** Updates so far. */
  readonly step: number;
  /** Mean training loss over the epoch. */
  readonly loss: number;
  readonly seconds: number;
};

/** After each checkpoint. */
export type CheckpointEvent = {
  readonly type: 'checkpoint';
  /** Updates so far. */
  readonly step: number;
  /** Epochs so far, with fractions. */
  readonly epoch: number;
  /** Duration. */
  readonly seconds: number;
};

/** Last event, also of an aborted run. */
export type EndEvent = FitResult & {
  readonly type: 'end';
};

/** An event of {@link fit}: plain data, suitable for a line of a metrics log. */
export type FitEvent =
  | StartEvent
  | StepEvent
  | LogEvent
  | EvaluationEvent
  | EpochEvent
  | CheckpointEvent
  | EndEvent;
