import type { ScalerState } from '@fin/data';
import type { HeadlineAggregate } from '../model/settings.js';

/** What a small BERT of the forecaster's own needs beside its weights. */
export interface EncoderTextRecord {
  readonly kind: 'encoder';
  /** Word pieces in the order of their ids. */
  readonly vocabulary: readonly string[];
}

/** Whose scores a forecaster was trained on. */
export interface ScoredTextRecord {
  readonly kind: 'scored';
  /** Folder of the sentiment model. */
  readonly model: string;
  /** sha256 of all that decides its scores: with another one the forecaster means nothing. */
  readonly fingerprint: string;
  /** Tokens of a headline that it reads. */
  readonly maxLength: number;
  readonly aggregate: HeadlineAggregate;
  /** Scaler of the mean class probabilities of a day, fitted on the training days. */
  readonly sentiment: ScalerState;
}

/** The text side of a forecaster, as `checkpoint/forecaster.json` has it. */
export type TextRecord = EncoderTextRecord | ScoredTextRecord;
