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
      /** Before the first update of a run that goes on. */
      readonly kind: 'resume';
      /** Updates that are done already; 0 when it was stopped before the first checkpoint. */
      readonly done: number;
      readonly total: number;
      /** Epochs done, with fractions. */
      readonly epoch: number;
      /** What is not as it was and may change last digits; null for nothing. */
      readonly note: string | null;
    }
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

/**
 * Passes the loop's events on, and writes one line of metrics per epoch: its training loss and the evaluation after it.
 *
 * @param resumed of a run that goes on: what is not as it was
 */
export function tuningReporter(
  run: RunFolder,
  resumed: { readonly note: string | null } | null,
  onEvent: (event: TuningEvent) => void = () => {},
): (event: FitEvent) => void {
  let learningRate = 0;
  let last: Extract<FitEvent, { type: 'epoch' }> | undefined;
  return (event) => {
    if (event.type === 'start') {
      const { step, totalSteps, stepsPerEpoch } = event;
      run.dropMetricsAfter(step); // they will be measured again
      if (resumed)
        onEvent({ kind: 'resume', done: step, total: totalSteps, epoch: step / stepsPerEpoch, ...resumed });
    } else if (event.type === 'step') {
      onEvent({ kind: 'step', done: event.step, total: event.totalSteps, loss: event.loss });
    } else if (event.type === 'log') learningRate = event.learningRate;
    else if (event.type === 'epoch') last = event;
    else if (event.type === 'evaluation' && last) {
      const { epoch, step, loss: trainLoss, seconds } = last;
      const { loss: validationLoss, accuracy, macroF1 } = event.metrics;
      const measured = { validationLoss, validationAccuracy: accuracy, validationMacroF1: macroF1 };
      run.appendMetrics({ epoch, step, trainLoss, ...measured, learningRate, seconds });
      run.syncMetrics();
      onEvent({ kind: 'epoch', epoch, trainLoss, ...measured, seconds });
    }
  };
}

/** How fast sentences are trained on, evaluations not counted. */
export function trainingSpeed(sentencesPerEpoch: number): {
  see(event: FitEvent): void;
  /** Null before an epoch is over. */
  perSecond(): number | null;
} {
  let stepsPerEpoch = 1;
  let begun = 0;
  let epochs = 0;
  let seconds = 0;
  return {
    see(event) {
      if (event.type === 'start') ({ step: begun, stepsPerEpoch } = event);
      if (event.type !== 'epoch') return;
      epochs += Math.min(1, (event.step - begun) / stepsPerEpoch); // of the first one, some may have been trained before
      seconds += event.seconds;
    },
    perSecond: () => (epochs === 0 ? null : (epochs * sentencesPerEpoch) / seconds),
  };
}
