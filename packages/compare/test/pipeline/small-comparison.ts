import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LabelledSentence, LabelledSentences, SentimentLabel } from '@fin/data';
import type { ComparisonOptions } from '../../src/index.js';

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'fin-compare-'));

const words: Readonly<Record<SentimentLabel, string>> = {
  positive: 'profit rose',
  negative: 'sales fell',
  neutral: 'the board met',
};

/** Sentences whose class a word tells. */
export function smallBank(size = 60): LabelledSentences {
  const classes = Object.keys(words) as SentimentLabel[];
  const sentences = Array.from({ length: size }, (_, i): LabelledSentence => {
    const label = classes[i % classes.length];
    return { text: `${words[label]} in quarter ${i}`, label, line: i + 1 };
  });
  return { sentences, lines: size, duplicates: [], conflicts: [], mapping: {}, warnings: [], files: [] };
}

/** Two variants, small enough for seconds per measurement. */
export const smallSettings: Partial<ComparisonOptions> = {
  variants: ['full-fp32', 'lora-amp'],
  seeds: 1,
  repeats: 1,
  epochs: 1,
  maxSentences: 24,
  maxDays: 24,
  latency: { batchSizes: [1, 4], calls: 2, seconds: 5 },
  sentiment: { batchSize: 8 },
  forecaster: { batchSize: 8, trainHeadlinesPerDay: 2 },
};
