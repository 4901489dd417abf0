import type { PrecisionRecord } from '@fin/amp';
import type { RunFolder } from '@fin/run';
import type {
  FitEvent,
  Metrics,
  RunEpochEvent,
  RunProfileEvent,
  RunResumeEvent,
  RunStepEvent,
} from '@fin/train';
import { fitReporter } from '@fin/train';

/** Events of fine-tuning. */
export type TuningEvent =
  /** First event: the precision and how this machine computes it. */
  | ({ readonly kind: 'precision' } & PrecisionRecord)
  | {
      /** The model is loaded; sent before the first update. */
      readonly kind: 'model';
      /** Weights that the starting model lacks; they are new. */
      readonly newWeights: readonly string[];
      /** Tensors of the starting model that are not used. */
      readonly unusedTensors: readonly string[];
      readonly trainableParameters: number;
      /** Number of parameters, adapters included. */
      readonly parameters: number;
    }
  | RunStepEvent
  | RunResumeEvent
  | RunProfileEvent
  /** The run lacked only its manifest, which is written now. */
  | { readonly kind: 'repaired' }
  | (RunEpochEvent & {
      readonly validationLoss: number;
      readonly validationAccuracy: number;
      readonly validationMacroF1: number;
    });

/**
 * Forwards the events of the training loop and writes the run's metrics.
 *
 * @param resumed set for a resumed run, with the differences in its environment
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

/** Measures the training speed in sentences per second, without evaluations. */
export function trainingSpeed(sentencesPerEpoch: number): {
  see(event: FitEvent): void;
  /** Sentences per second; null before the end of the first epoch. */
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
