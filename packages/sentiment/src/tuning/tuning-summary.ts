import type { ClassScores } from './classification-report.js';
import type { TuningMethod } from './settings.js';

/** Result of a fine-tuning run. */
export interface TuningSummary {
  readonly run: string;
  /** Folder of the saved model or adapter. */
  readonly saved: string;
  readonly method: TuningMethod;
  readonly backend: string;
  readonly seed: number;
  readonly splitSeed: number;
  /** Share of test sentences that were classified correctly. */
  readonly accuracy: number;
  /** Unweighted mean of the three classes' F1 on the test sentences. */
  readonly macroF1: number;
  readonly classes: readonly ClassScores[];
  /** Number of test sentences. */
  readonly n: number;
  readonly trainableParameters: number;
  /** Number of parameters, adapters included. */
  readonly parameters: number;
  /** Weights that the starting model lacks; they are new. */
  readonly newWeights: readonly string[];
  /** Tensors of the starting model that are not used. */
  readonly unusedTensors: readonly string[];
  /** Number of epochs trained. */
  readonly epochs: number;
  /** Epoch with the lowest validation loss; the saved weights are from it. */
  readonly bestEpoch: number;
  readonly validationLoss: number;
  /** Training speed without evaluations; null when a resumed run had nothing left to train. */
  readonly sentencesPerSecond: number | null;
  /** Duration of this call, without the time before a resume. */
  readonly seconds: number;
}
