import type { ScalerState } from '@fin/data';
import type { ForecasterSettings } from '../model/settings.js';
import type { TextRecord } from '../text/text-source.js';

/** `checkpoint/forecaster.json`: all that a forecast needs beside the weights. */
export interface ForecasterRecord {
  readonly format: 'fin-forecaster';
  readonly version: 2;
  readonly settings: ForecasterSettings;
  /** What reads the headlines. */
  readonly text: TextRecord;
  /** Names of the price features, in the order of a window's columns. */
  readonly priceFeatures: readonly string[];
  /** Scaler of the price features, fitted on the training days. */
  readonly prices: ScalerState;
  /** Scaler of the target log return, fitted on the training days. */
  readonly target: ScalerState;
}
