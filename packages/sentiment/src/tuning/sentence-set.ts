import type { LabelledSentence } from '@fin/data';
import { sentimentLabels } from '@fin/data';
import type { BertTokenizer, PackedBatch } from '@fin/finbert-lora/tokenizer';
import { packSequences } from '@fin/finbert-lora/tokenizer';
import type { TrainingData } from '@fin/train';

/** Sentences as a classifier takes them. */
export interface SentenceSet {
  /** Token ids of each. */
  readonly sequences: readonly Int32Array[];
  /** Class of each: its logit in the model. */
  readonly labels: Int32Array;
}

/** A batch of sentences to train on. */
export interface SentenceBatch {
  readonly tokens: PackedBatch;
  readonly labels: Int32Array;
}

/** @param columns logit of each of `sentimentLabels` */
export function sentenceSet(
  sentences: readonly LabelledSentence[],
  tokenizer: BertTokenizer,
  { maxLength, columns }: { readonly maxLength: number; readonly columns: readonly number[] },
): SentenceSet {
  return {
    sequences: sentences.map(({ text }) => tokenizer.encode(text, { maxLength })),
    labels: Int32Array.from(sentences, ({ label }) => columns[sentimentLabels.indexOf(label)]),
  };
}

/** The set as the training loop takes it. */
export function sentenceBatches({ sequences, labels }: SentenceSet): TrainingData<SentenceBatch> {
  return {
    size: sequences.length,
    batch: (indices) => ({
      tokens: packSequences(Array.from(indices, (index) => sequences[index])),
      labels: Int32Array.from(indices, (index) => labels[index]),
    }),
  };
}
