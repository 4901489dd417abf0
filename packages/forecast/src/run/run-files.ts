import type { ScalerState, SplitName } from '@fin/data';
import { scalerStateSchema } from '@fin/data';
import { commonFiles, runKinds } from '@fin/run';
import { z } from 'zod';
import type { MetricsRow } from '../metrics/metrics-row.js';
import type { ForecasterSettings } from '../model/settings.js';
import { forecasterSettingsSchema, headlineAggregates } from '../model/settings.js';
import type { TextRecord } from '../text/text-source.js';

/** Names of the files of a forecaster's run. */
export const runFiles: typeof commonFiles & (typeof runKinds)['forecaster']['files'] = {
  ...commonFiles,
  ...runKinds.forecaster.files,
};

/** Size and span of one split, by target date. */
export interface SplitSummary {
  /** Number of samples. */
  readonly n: number;
  /** First target date, ISO; null when the split is empty. */
  readonly first: string | null;
  /** Last target date, ISO. */
  readonly last: string | null;
}

/** `data.json`: the data of a run. */
export interface RunData {
  /** Name of the market. */
  readonly name: string;
  /** True when headlines and prices were made up. */
  readonly synthetic: boolean;
  /** The synthetic market's signal; null for real data. */
  readonly signal: number | null;
  /** sha256 of the content. */
  readonly fingerprint: string;
  readonly splits: Readonly<Record<SplitName, SplitSummary>>;
}

/** `checkpoint/forecaster.json`: everything besides the weights that a forecast needs. */
export interface ForecasterRecord {
  readonly format: 'fin-forecaster';
  readonly version: 2;
  readonly settings: ForecasterSettings;
  /** The text side of the model. */
  readonly text: TextRecord;
  /** Names of the price features, in the order of a window's columns. */
  readonly priceFeatures: readonly string[];
  /** Scaler of the price features, fitted on the training days. */
  readonly prices: ScalerState;
  /** Scaler of the target log return, fitted on the training days. */
  readonly target: ScalerState;
}

const textRecordSchema: z.ZodType<TextRecord> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('encoder'), vocabulary: z.array(z.string()) }),
  z.object({
    kind: z.literal('scored'),
    model: z.string(),
    fingerprint: z.string(),
    maxLength: z.int().positive(),
    aggregate: z.enum(headlineAggregates),
    sentiment: scalerStateSchema,
  }),
]);

export const forecasterRecordSchema: z.ZodType<ForecasterRecord> = z.object({
  format: z.literal('fin-forecaster'),
  version: z.literal(2, { error: 'is not version 2: train the run again with this version' }),
  settings: forecasterSettingsSchema,
  text: textRecordSchema,
  priceFeatures: z.array(z.string()),
  prices: scalerStateSchema,
  target: scalerStateSchema,
});

/** `evaluation.json`: the model's row and its baselines, all on the same days. */
export interface Evaluation {
  /** Always the test split. */
  readonly split: 'test';
  /** Number of days measured. */
  readonly n: number;
  /** First and last target date, ISO. */
  readonly first: string;
  readonly last: string;
  /** Confidence level of the intervals. */
  readonly level: number;
  /** The model first, then persistence, drift and majority class. */
  readonly rows: readonly MetricsRow[];
}
