import type { PrecisionRecord } from '@fin/amp';

/** Events of a walk-forward evaluation. */
export type BacktestEvent =
  /** First event: the precision and how this machine computes it. */
  | ({ readonly kind: 'precision' } & PrecisionRecord)
  /** Progress of scoring the headlines, in tokens. */
  | { readonly kind: 'scoring'; readonly done: number; readonly total: number }
  /** The processes that train, and the threads of each; on rank 0, where there are several ranks. */
  | { readonly kind: 'workers'; readonly workers: number; readonly threads: number; readonly ranks: number }
  /** Trainings done; `done` counts running ones by the share that is done. */
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  /** One training is done. */
  | ({ readonly kind: 'fold'; readonly done: number; readonly total: number } & TrainingRecord)
  /** A resumed run goes on after `done` trainings. `note` names differences that may change last digits. */
  | { readonly kind: 'resume'; readonly done: number; readonly total: number; readonly note: string | null }
  /** A sweep has chosen a setting. */
  | { readonly kind: 'choice'; readonly name: string; readonly validationRmse: number }
  | { readonly kind: 'note'; readonly text: string }
  /** The run lacked only its manifest, which is written now. */
  | { readonly kind: 'repaired' };

/** Figures of one training. */
export interface TrainingRecord {
  readonly model: string;
  /** Index of the fold, from 0. */
  readonly fold: number;
  readonly seed: number;
  readonly trainableParameters: number;
  readonly epochs: number;
  readonly bestEpoch: number;
  readonly validationLoss: number;
  readonly seconds: number;
}
