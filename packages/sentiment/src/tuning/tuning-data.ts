import { createHash } from 'node:crypto';
import type { LabelledSentence, PhraseBank, Split } from '@fin/data';
import { sentimentLabels, splitNames } from '@fin/data';

/** `data.json` of a fine-tuning run. */
export interface TuningData {
  /** Lines of the file that are not blank. */
  readonly lines: number;
  /** Distinct sentences that were used. */
  readonly sentences: number;
  /** Sentences that stand there again with the same class: used once. */
  readonly duplicates: number;
  /** Sentences with two classes: left out. */
  readonly conflicts: number;
  /** sha256 over the sentences and their classes. */
  readonly fingerprint: string;
  /** Sentences of each part by class. */
  readonly splits: Readonly<Record<(typeof splitNames)[number], Readonly<Record<string, number>>>>;
}

/** What a fine-tuning run says about its sentences. */
export function describeTuningData(bank: PhraseBank, split: Split<LabelledSentence>): TuningData {
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
    fingerprint: createHash('sha256').update(content).digest('hex'),
    splits: { train, validation, test },
  };
}
