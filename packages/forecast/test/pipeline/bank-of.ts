import type { LabelledSentence, LabelledSentences } from '@fin/data';

/** Sentences as if read from a file without anything to tell of. */
export const bankOf = (sentences: readonly LabelledSentence[]): LabelledSentences => ({
  sentences,
  lines: sentences.length,
  duplicates: [],
  conflicts: [],
  mapping: {},
  warnings: [],
  files: [],
});
