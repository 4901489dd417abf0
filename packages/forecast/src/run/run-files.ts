import type { FileRecord, Market, NewsReport, Sample, ScalerState, Split, SplitName } from '@fin/data';
import { fileRecord, scalerStateSchema, splitNames } from '@fin/data';
import { commonFiles, runKinds } from '@fin/run';
import { z } from 'zod';
import type { LeadLag } from '../lead-lag/index.js';
import type { ForecasterSettings } from '../model/settings.js';
import { headlineAggregates } from '../model/settings.js';
import { forecasterSettingsSchema } from '../model/settings-schema.js';
import type { TextRecord } from '../text/text-source.js';
import type { EvaluationRow } from './table-schemas.js';
import { evaluationRowSchema, intervalSchema } from './table-schemas.js';

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

/** @param samples in time order */
export function summarizeSplit(samples: readonly Sample[]): SplitSummary {
  return {
    n: samples.length,
    first: samples[0]?.targetDate ?? null,
    last: samples.at(-1)?.targetDate ?? null,
  };
}

/** What was understood of the files of a market; for `data.json`. Empty for a market that was not read from files. */
export interface UnderstoodMarket {
  readonly files?: readonly FileRecord[];
  readonly calendar?: string;
  /** Days that headlines were placed on by the close of the exchange, and copies among them. */
  readonly news?: NewsReport;
}

export const understoodOf = ({ files, calendar, news }: Market): UnderstoodMarket => ({
  ...(files && { files: files.map(fileRecord) }),
  ...(calendar && { calendar }),
  ...(news && { news }),
});

/** `data.json`: the data of a run. */
export interface RunData extends UnderstoodMarket {
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

/** Describes a market and its split, for `data.json`. */
export function describeRunData(market: Market, split: Split<Sample>): RunData {
  const [train, validation, test] = splitNames.map((name) => summarizeSplit(split[name]));
  return {
    name: market.name,
    synthetic: market.synthetic,
    signal: market.signal ?? null,
    fingerprint: market.fingerprint,
    splits: { train, validation, test },
    ...understoodOf(market),
  };
}

const splitSummarySchema: z.ZodType<SplitSummary> = z.object({
  n: z.number(),
  first: z.string().nullable(),
  last: z.string().nullable(),
});

/** Schema of `data.json`. */
export const runDataSchema: z.ZodType<RunData> = z.object({
  name: z.string(),
  synthetic: z.boolean(),
  signal: z.number().nullable(),
  fingerprint: z.string(),
  splits: z.object({ train: splitSummarySchema, validation: splitSummarySchema, test: splitSummarySchema }),
});

/** The losses of one line of `metrics.jsonl`. */
export interface EpochLosses {
  readonly epoch: number;
  readonly trainLoss: number;
  /** Null when the epoch was not validated. */
  readonly validationLoss: number | null;
}

/** Schema of one line of `metrics.jsonl`. */
export const epochLossesSchema: z.ZodType<EpochLosses> = z.object({
  epoch: z.number(),
  trainLoss: z.number(),
  validationLoss: z.number().nullable().default(null),
});

/** `checkpoint/forecaster.json`: everything besides the weights that a forecast needs. */
export interface ForecasterRecord {
  readonly format: 'fin-forecaster';
  readonly version: 3;
  readonly settings: ForecasterSettings;
  /** The text side of the model; null without text. */
  readonly text: TextRecord | null;
  /** Names of the price features, in the order of a window's columns. */
  readonly priceFeatures: readonly string[];
  /** Scaler of the price features, fitted on the training days. */
  readonly prices: ScalerState;
  /** Scaler of the target (log return or close), fitted on the training days. */
  readonly target: ScalerState;
}

const textRecordSchema: z.ZodType<TextRecord> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('random'), vocabulary: z.array(z.string()) }),
  z.object({
    kind: z.literal('scored'),
    model: z.string(),
    fingerprint: z.string(),
    maxLength: z.int().positive(),
    aggregate: z.enum(headlineAggregates),
    sentiment: scalerStateSchema,
  }),
  z.object({
    kind: z.literal('joint'),
    model: z.string(),
    fingerprint: z.string(),
    sentiment: scalerStateSchema,
  }),
]);

export const forecasterRecordSchema: z.ZodType<ForecasterRecord> = z.object({
  format: z.literal('fin-forecaster'),
  version: z.literal(3, { error: 'is not version 3: train the run again with this version' }),
  settings: forecasterSettingsSchema,
  text: textRecordSchema.nullable(),
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
  /** The model first, then its baselines in the order of `BASELINE_NAMES`. */
  readonly rows: readonly EvaluationRow[];
  /** Correlation of sentiment with the returns around its day. Null for a model without text, and for too few days. */
  readonly leadLag: LeadLag | null;
}

const leadLagSchema: z.ZodType<LeadLag> = z.object({
  n: z.number(),
  first: z.string(),
  last: z.string(),
  level: z.number(),
  rows: z.array(
    z.object({
      lag: z.number(),
      r: z.number().nullable(),
      interval: intervalSchema.nullable(),
      pValue: z.number().nullable(),
      adjustedPValue: z.number().nullable(),
    }),
  ),
  summary: z.string(),
});

/** Schema of `evaluation.json`. */
export const evaluationSchema: z.ZodType<Evaluation> = z.object({
  split: z.literal('test', { error: 'only the test split is reported' }),
  n: z.number(),
  first: z.string(),
  last: z.string(),
  level: z.number(),
  rows: z.array(evaluationRowSchema),
  leadLag: leadLagSchema.nullable(),
});
