import type { ClassScores } from './classification-report.js';
import type { TuningMethod } from './settings.js';

/** What came of a fine-tuning run. */
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
  /** Weights that the model to start from did not have. */
  readonly newWeights: readonly string[];
  /** What it had that was not used. */
  readonly unusedTensors: readonly string[];
  /** Epochs that were trained. */
  readonly epochs: number;
  /** The epoch whose weights were kept. */
  readonly bestEpoch: number;
  readonly validationLoss: number;
  /** Sentences trained on per second, evaluations not counted; null when there was nothing left to train. */
  readonly sentencesPerSecond: number | null;
  /** Of this call; what was done before a resume is not counted. */
  readonly seconds: number;
}
