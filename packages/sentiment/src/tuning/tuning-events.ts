import type { PrecisionRecord } from '@fin/amp';
import type { RunFolder } from '@fin/run';
import type { FitEvent, Metrics, RunEpochEvent, RunResumeEvent, RunStepEvent } from '@fin/train';
import { fitReporter } from '@fin/train';

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
  | RunStepEvent
  | RunResumeEvent
  /** The run lacked only its manifest, which is written now. */
  | { readonly kind: 'repaired' }
  | (RunEpochEvent & {
      readonly validationLoss: number;
      readonly validationAccuracy: number;
      readonly validationMacroF1: number;
    });

/**
 * Tells what the loop tells, and writes the run's metrics.
 *
 * @param resumed of a run that goes on: what is not as it was
 */
export function tuningReporter(
  run: RunFolder,
  resumed: { readonly note: string | null } | null,
  onEvent: (event: TuningEvent) => void = () => {},
): (event: FitEvent) => void {
  const measured = ({ loss, accuracy, macroF1 }: Metrics) => ({
    validationLoss: loss,
    validationAccuracy: accuracy,
    validationMacroF1: macroF1,
  });
  return fitReporter(run, resumed, measured, onEvent);
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
