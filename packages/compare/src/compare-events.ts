import type { PrecisionRecord } from '@fin/amp';
import type { Measurement } from './results/measurement.js';
import type { JobName, VariantName } from './variants.js';

/** Events of a comparison. */
export type CompareEvent =
  /** First event: the precision of the variants under AMP, and how this machine computes it. */
  | ({ readonly kind: 'precision' } & PrecisionRecord)
  /** Measurements and profiles done; `done` counts the running one by the share that is done. */
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  /** One measurement is done. */
  | {
      readonly kind: 'measurement';
      readonly done: number;
      readonly total: number;
      readonly measurement: Measurement;
    }
  /** Some updates of a variant were profiled. */
  | {
      readonly kind: 'profile';
      readonly done: number;
      readonly total: number;
      readonly job: JobName;
      readonly variant: VariantName;
    }
  /** A resumed run goes on after `done` measurements and profiles. `note` names differences that may change last digits. */
  | { readonly kind: 'resume'; readonly done: number; readonly total: number; readonly note: string | null }
  | { readonly kind: 'note'; readonly text: string }
  /** The run lacked only its manifest, which is written now. */
  | { readonly kind: 'repaired' };
