import { createHash } from 'node:crypto';
import type { FileRecord, LabelledSentence, LabelledSentences, LabelNames, Split } from '@fin/data';
import { fileRecord, sentimentLabels, splitNames } from '@fin/data';
import { commonFiles, runKinds } from '@fin/run';
import { z } from 'zod';
import type { ClassScores } from './classification-report.js';

/** Names of the files of a fine-tuning run. */
export const tuningFiles: typeof commonFiles & (typeof runKinds)['sentiment-tuning']['files'] = {
  ...commonFiles,
  ...runKinds['sentiment-tuning'].files,
};

/** `evaluation.json` of a fine-tuning run: scores on the test sentences. */
export interface TuningEvaluation {
  readonly split: 'test';
  /** Number of test sentences. */
  readonly n: number;
  /** Share of test sentences that were classified correctly. */
  readonly accuracy: number;
  /** Unweighted mean of the classes' F1. */
  readonly macroF1: number;
  readonly classes: readonly ClassScores[];
}

export const tuningEvaluationSchema: z.ZodType<TuningEvaluation> = z.object({
  split: z.literal('test'),
  n: z.int().min(1),
  accuracy: z.number(),
  macroF1: z.number(),
  classes: z.array(
    z.object({
      label: z.string(),
      precision: z.number(),
      recall: z.number(),
      f1: z.number(),
      support: z.int().min(0),
    }),
  ),
});

/** `confusion.json`: test sentences by actual class (rows) and predicted class (columns). */
export const confusionSchema: z.ZodType<{
  readonly labels: readonly string[];
  readonly confusion: readonly (readonly number[])[];
}> = z.looseObject({ labels: z.array(z.string()), confusion: z.array(z.array(z.int().min(0))) });

/** `data.json` of a fine-tuning run. */
export interface TuningData {
  /** Number of lines that are not blank. */
  readonly lines: number;
  /** Number of distinct sentences used. */
  readonly sentences: number;
  /** Repeated sentences with the same class. Only the first copy is used. */
  readonly duplicates: number;
  /** Sentences with contradictory classes. All copies are left out. */
  readonly conflicts: number;
  /** What was understood of each file. */
  readonly files?: readonly FileRecord[];
  /** Class that each label of the files was read as. */
  readonly mapping?: LabelNames;
  /** Classes that never occur, or have only a handful of sentences. */
  readonly warnings?: readonly string[];
  /** sha256 over the sentences and their classes. */
  readonly fingerprint: string;
  /** Number of sentences per part and class. */
  readonly splits: Readonly<Record<(typeof splitNames)[number], Readonly<Record<string, number>>>>;
}

const splitCountsSchema = z.record(z.string(), z.int().min(0));

/** Schema of `data.json` of a fine-tuning run. */
export const tuningDataSchema: z.ZodType<TuningData> = z.object({
  lines: z.int().min(0),
  sentences: z.int().min(0),
  duplicates: z.int().min(0),
  conflicts: z.int().min(0),
  fingerprint: z.string(),
  splits: z.object({
    train: splitCountsSchema,
    validation: splitCountsSchema,
    test: splitCountsSchema,
  }),
});

/** Describes the sentences of a fine-tuning run, for `data.json`. */
export function describeTuningData(bank: LabelledSentences, split: Split<LabelledSentence>): TuningData {
  const counts = (part: readonly LabelledSentence[]) => ({
    n: part.length,
    ...Object.fromEntries(
      sentimentLabels.map((label) => [label, part.filter((sentence) => sentence.label === label).length]),
    ),
  });
  const [train, validation, test] = splitNames.map((name) => counts(split[name]));
  const content = JSON.stringify(bank.sentences.map(({ text, label }) => [text, label]));
  return {
    lines: bank.lines,
    sentences: bank.sentences.length,
    duplicates: bank.duplicates.length,
    conflicts: bank.conflicts.length,
    files: bank.files.map(fileRecord),
    mapping: bank.mapping,
    warnings: bank.warnings,
    fingerprint: createHash('sha256').update(content).digest('hex'),
    splits: { train, validation, test },
  };
}
