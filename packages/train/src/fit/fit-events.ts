/** Values that an evaluation returned, by name. */
export type Metrics = Readonly<Record<string, number>>;

/** How a run ended. */
export type EndReason = 'completed' | 'earlyStopping' | 'aborted';

/** An evaluation and where in the run it was. */
export type EvaluationRecord = {
  /** Updates done. */
  readonly step: number;
  /** Epochs done, with fractions. */
  readonly epoch: number;
  readonly metrics: Metrics;
};

/** What {@link fit} returns. */
export type FitResult = {
  readonly reason: EndReason;
  /** Updates done, those before a resume included. */
  readonly steps: number;
  /** Epochs done, with fractions. */
  readonly epochs: number;
  /** Mean training loss of each epoch that was finished. */
  readonly epochLosses: readonly number[];
  readonly evaluations: readonly EvaluationRecord[];
  /** The evaluation whose weights the model has now; null when the model has the weights of the last update. */
  readonly best: EvaluationRecord | null;
};

/** Before the first update. */
export type StartEvent = {
  readonly type: 'start';
  /** Updates that are done already; above 0 in a resumed run. */
  readonly step: number;
  /** Updates of the whole run, unless it stops early. */
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
};

/** After each update. Nothing was read from the device for it. */
export type StepEvent = {
  readonly type: 'step';
  /** Updates done. */
  readonly step: number;
  readonly totalSteps: number;
  /** Epochs done, with fractions. */
  readonly epoch: number;
  /** Loss of the last {@link LogEvent}; null before the first. */
  readonly loss: number | null;
  /** At the speed so far. */
  readonly secondsLeft: number;
};

/** Every `logEvery` updates, and at the end of an epoch. */
export type LogEvent = {
  readonly type: 'log';
  /** Updates done. */
  readonly step: number;
  /** Epochs done, with fractions. */
  readonly epoch: number;
  /** Mean training loss of the examples since the last one. */
  readonly loss: number;
  /** Of the last update. */
  readonly learningRate: number;
  /** Norm of the last update's gradient before clipping; null without `maxGradNorm`. */
  readonly gradNorm: number | null;
  /** What losses are multiplied by before they are differentiated; null without a gradient scaler. */
  readonly lossScale: number | null;
  /** Updates since the last one that changed nothing, because a gradient was not finite; null without a gradient scaler. */
  readonly skippedUpdates: number | null;
  readonly examplesPerSecond: number;
};

/** After each evaluation. */
export type EvaluationEvent = EvaluationRecord & {
  readonly type: 'evaluation';
  /** Whether it is the best so far; null when nothing is compared. */
  readonly improved: boolean | null;
};

/** After each epoch. */
export type EpochEvent = {
  readonly type: 'epoch';
  /** Epochs done. */
  readonly epoch: number;
  /** Updates done. */
  readonly step: number;
  /** Mean training loss over the epoch. */
  readonly loss: number;
  readonly seconds: number;
};

/** After each checkpoint. */
export type CheckpointEvent = {
  readonly type: 'checkpoint';
  /** Updates done. */
  readonly step: number;
  /** Epochs done, with fractions. */
  readonly epoch: number;
  /** That it took. */
  readonly seconds: number;
};

/** Last of all, also when the run was aborted. */
export type EndEvent = FitResult & {
  readonly type: 'end';
};

/** What {@link fit} tells while it runs: plain data, fit for a line of a metrics log. */
export type FitEvent =
  | StartEvent
  | StepEvent
  | LogEvent
  | EvaluationEvent
  | EpochEvent
  | CheckpointEvent
  | EndEvent;
