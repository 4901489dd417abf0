import type { RunFolder } from '@fin/run';
import type { FitEvent, Metrics } from '../fit/fit-events.js';

/** Before the first update of a resumed run. */
export interface RunResumeEvent {
  readonly kind: 'resume';
  /** Updates so far; 0 if it was stopped before the first checkpoint. */
  readonly done: number;
  readonly total: number;
  /** Epochs so far, with fractions. */
  readonly epoch: number;
  /** Differences in the environment that may change last digits; null if there are none. */
  readonly note: string | null;
}

/** After each update. */
export interface RunStepEvent {
  readonly kind: 'step';
  readonly done: number;
  readonly total: number;
  readonly loss: number | null;
}

/** After each epoch and its evaluation; the evaluation's metrics are added. */
export interface RunEpochEvent {
  readonly kind: 'epoch';
  readonly epoch: number;
  readonly trainLoss: number;
  /** Training time, without the evaluation. */
  readonly seconds: number;
}

/**
 * A listener for the events of `fit` that writes one line of metrics per epoch, its training loss and evaluation, and forwards progress.
 *
 * @param resumed set for a resumed run, with the differences in its environment
 * @param measured selects the metrics of an evaluation to report, by their names in the line
 */
export function fitReporter<Measured extends Metrics>(
  run: RunFolder,
  resumed: { readonly note: string | null } | null,
  measured: (metrics: Metrics) => Measured,
  onEvent: (event: RunResumeEvent | RunStepEvent | (RunEpochEvent & Measured)) => void,
): (event: FitEvent) => void {
  let learningRate = 0;
  let last: Extract<FitEvent, { type: 'epoch' }> | undefined;
  return (event) => {
    if (event.type === 'start') {
      const { step, totalSteps, stepsPerEpoch } = event;
      run.dropMetricsAfter(step); // these updates run again
      if (resumed)
        onEvent({ kind: 'resume', done: step, total: totalSteps, epoch: step / stepsPerEpoch, ...resumed });
    } else if (event.type === 'step') {
      onEvent({ kind: 'step', done: event.step, total: event.totalSteps, loss: event.loss });
    } else if (event.type === 'log') learningRate = event.learningRate;
    else if (event.type === 'epoch') last = event;
    else if (event.type === 'evaluation' && last) {
      const { epoch, step, loss: trainLoss, seconds } = last;
      const evaluated = measured(event.metrics);
      run.appendMetrics({ epoch, step, trainLoss, ...evaluated, learningRate, seconds });
      run.syncMetrics();
      onEvent({ kind: 'epoch', epoch, trainLoss, ...evaluated, seconds });
    }
  };
}
