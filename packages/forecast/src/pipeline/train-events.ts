import type { FitEvent, RunFolder } from '@fin/train';
import type { PrecisionRecord } from '../precision/describe-precision.js';

/** What training tells while it runs. */
export type TrainEvent =
  /** First of all: in what it computes. */
  | ({ readonly kind: 'precision' } & PrecisionRecord)
  | {
      readonly kind: 'step';
      readonly phase: 'scoring' | 'training' | 'forecasting';
      /** Tokens scored, updates made, or days forecast. */
      readonly done: number;
      readonly total: number;
      readonly loss: number | null;
    }
  | {
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
      readonly seconds: number;
    };

/**
 * Passes the loop's events on, and writes one line of metrics per epoch: its training loss and the evaluation after it.
 *
 * @param resumed of a run that goes on: what is not as it was
 */
export function trainReporter(
  run: RunFolder,
  resumed: { readonly note: string | null } | null,
  onEvent: (event: TrainEvent) => void = () => {},
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
      onEvent({
        kind: 'step',
        phase: 'training',
        done: event.step,
        total: event.totalSteps,
        loss: event.loss,
      });
    } else if (event.type === 'log') learningRate = event.learningRate;
    else if (event.type === 'epoch') last = event;
    else if (event.type === 'evaluation' && last) {
      const { epoch, step, loss: trainLoss, seconds } = last;
      const validationLoss = event.metrics.loss;
      run.appendMetrics({ epoch, step, trainLoss, validationLoss, learningRate, seconds });
      run.syncMetrics();
      onEvent({ kind: 'epoch', epoch, trainLoss, validationLoss, seconds });
    }
  };
}
