import type { RunFolder } from '@fin/run';
import type { FitEvent, Metrics } from '../fit/fit-events.js';

/** Before the first update of a run that goes on. */
export interface RunResumeEvent {
  readonly kind: 'resume';
  /** Updates that are done already; 0 when it was stopped before the first checkpoint. */
  readonly done: number;
  readonly total: number;
  /** Epochs done, with fractions. */
  readonly epoch: number;
  /** What is not as it was and may change last digits; null for nothing. */
  readonly note: string | null;
}

/** After each update. */
export interface RunStepEvent {
  readonly kind: 'step';
  readonly done: number;
  readonly total: number;
  readonly loss: number | null;
}

/** After each epoch and the evaluation after it, besides what that measured. */
export interface RunEpochEvent {
  readonly kind: 'epoch';
  readonly epoch: number;
  readonly trainLoss: number;
  /** Of training, the evaluation not counted. */
  readonly seconds: number;
}

/**
 * Passes the loop's events on, and writes one line of metrics per epoch: its training loss and the evaluation after it.
 *
 * @param resumed of a run that goes on: what is not as it was
 * @param measured what of an evaluation is told, by the names it has in the line
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
      run.dropMetricsAfter(step); // they will be measured again
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
