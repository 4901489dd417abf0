import type { PrecisionRecord } from '@fin/amp';
import type { RunFolder } from '@fin/run';
import type { FitEvent, Metrics, RunEpochEvent, RunResumeEvent, RunStepEvent } from '@fin/train';
import { fitReporter } from '@fin/train';

/** What training tells while it runs. */
export type TrainEvent =
  /** First of all: in what it computes. */
  | ({ readonly kind: 'precision' } & PrecisionRecord)
  /** Tokens scored, updates made, or days forecast. */
  | (RunStepEvent & { readonly phase: 'scoring' | 'training' | 'forecasting' })
  | RunResumeEvent
  /** The run lacked only its manifest, which is written now. */
  | { readonly kind: 'repaired' }
  | (RunEpochEvent & { readonly validationLoss: number });

/**
 * Tells what the loop tells, and writes the run's metrics.
 *
 * @param resumed of a run that goes on: what is not as it was
 */
export function trainReporter(
  run: RunFolder,
  resumed: { readonly note: string | null } | null,
  onEvent: (event: TrainEvent) => void = () => {},
): (event: FitEvent) => void {
  const measured = ({ loss }: Metrics) => ({ validationLoss: loss });
  return fitReporter(run, resumed, measured, (event) =>
    onEvent(event.kind === 'step' ? { ...event, phase: 'training' } : event),
  );
}
