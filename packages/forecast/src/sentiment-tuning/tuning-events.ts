import type { FitEvent, RunFolder } from '@fin/train';
import type { PrecisionRecord } from '../precision/describe-precision.js';

/** What fine-tuning tells while it runs. */
export type TuningEvent =
  /** First of all: in what it computes. */
  | ({ readonly kind: 'precision' } & PrecisionRecord)
  | {
      /** Before the first update. */
      readonly kind: 'model';
      /** Weights that the model to start from did not have. */
      readonly newWeights: readonly string[];
      /** What it had that is not used. */
      readonly unusedTensors: readonly string[];
      readonly trainableParameters: number;
      /** Of the model, adapters included. */
      readonly parameters: number;
    }
  | { readonly kind: 'step'; readonly done: number; readonly total: number; readonly loss: number | null }
  | {
      readonly kind: 'epoch';
      readonly epoch: number;
      readonly trainLoss: number;
      readonly validationLoss: number;
      readonly validationAccuracy: number;
      readonly validationMacroF1: number;
      /** Of training, the evaluation not counted. */
      readonly seconds: number;
    };

/** Passes the loop's events on, and writes one line of metrics per epoch: its training loss and the evaluation after it. */
export function tuningReporter(
  run: RunFolder,
  onEvent: (event: TuningEvent) => void = () => {},
): (event: FitEvent) => void {
  let learningRate = 0;
  let last: Extract<FitEvent, { type: 'epoch' }> | undefined;
  return (event) => {
    if (event.type === 'step') {
      onEvent({ kind: 'step', done: event.step, total: event.totalSteps, loss: event.loss });
    } else if (event.type === 'log') learningRate = event.learningRate;
    else if (event.type === 'epoch') last = event;
    else if (event.type === 'evaluation' && last) {
      const { epoch, step, loss: trainLoss, seconds } = last;
      const { loss: validationLoss, accuracy, macroF1 } = event.metrics;
      const measured = { validationLoss, validationAccuracy: accuracy, validationMacroF1: macroF1 };
      run.appendMetrics({ epoch, step, trainLoss, ...measured, learningRate, seconds });
      onEvent({ kind: 'epoch', epoch, trainLoss, ...measured, seconds });
    }
  };
}

/** How fast sentences are trained on over all epochs, evaluations not counted. */
export function trainingSpeed(sentencesPerEpoch: number): {
  see(event: FitEvent): void;
  perSecond(): number;
} {
  let sentences = 0;
  let seconds = 0;
  return {
    see(event) {
      if (event.type !== 'epoch') return;
      sentences += sentencesPerEpoch;
      seconds += event.seconds;
    },
    perSecond: () => sentences / seconds,
  };
}
