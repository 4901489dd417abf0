import type { ClassScores } from './classification-report.js';
import type { TuningMethod } from './settings.js';

/** Result of a fine-tuning run. */
export interface TuningSummary {
  readonly run: string;
  /** Folder of the model or adapter. */
  readonly saved: string;
  readonly method: TuningMethod;
  readonly backend: string;
  readonly seed: number;
  readonly splitSeed: number;
  /** Share of test sentences whose class was found. */
  readonly accuracy: number;
  /** Mean F1 of the three classes on the test sentences. */
  readonly macroF1: number;
  readonly classes: readonly ClassScores[];
  /** Test sentences. */
  readonly n: number;
  readonly trainableParameters: number;
  /** Of the model, adapters included. */
  readonly parameters: number;
  /** Weights that the starting model lacks; they are new. */
  readonly newWeights: readonly string[];
  /** Tensors of the starting model that are not used. */
  readonly unusedTensors: readonly string[];
  /** Epochs that were trained. */
  readonly epochs: number;
  /** The epoch whose weights were kept. */
  readonly bestEpoch: number;
  readonly validationLoss: number;
  /** Sentences trained on per second, evaluations not counted; null when there was nothing left to train. */
  readonly sentencesPerSecond: number | null;
  /** Duration of this call, without the time before a resume. */
  readonly seconds: number;
}
