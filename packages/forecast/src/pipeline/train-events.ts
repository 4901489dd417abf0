import type { PrecisionRecord } from '@fin/amp';
import type { SplitName } from '@fin/data';
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
import type { SplitSummary } from '../run/run-files.js';

/** Progress of a phase, counted in tokens scored, updates, or days forecast. */
export type SplitEvent = RunStepEvent & { readonly phase: 'scoring' | 'training' | 'forecasting' };

/** Events of training a forecaster. */
export type TrainEvent =
  /** First event: the precision and how this machine computes it. */
  | ({ readonly kind: 'precision' } & PrecisionRecord)
  /** Days to train on, to validate and to test. */
  | { readonly kind: 'split'; readonly parts: Readonly<Record<SplitName, SplitSummary>> }
  | SplitEvent
  | RunResumeEvent
  | RunProfileEvent
  /** The run lacked only its manifest, which is written now. */
  | { readonly kind: 'repaired' }
  | (RunEpochEvent & { readonly validationLoss: number });

/**
 * Forwards the events of the training loop and writes the run's metrics.
 *
 * @param resumed set for a resumed run, with the differences in its environment
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
