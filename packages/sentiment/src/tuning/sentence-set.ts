import type { LabelledSentence } from '@fin/data';
import { sentimentLabels } from '@fin/data';
import type { BertTokenizer, PackedBatch } from '@fin/finbert-lora/tokenizer';
import { packSequences } from '@fin/finbert-lora/tokenizer';
import type { TrainingData } from '@fin/train';

/** Tokenized sentences with their classes. */
export interface SentenceSet {
  /** Token ids of each sentence. */
  readonly sequences: readonly Int32Array[];
  /** Class of each sentence, as the index of the model's logit. */
  readonly labels: Int32Array;
}

/** A batch of training sentences. */
export interface SentenceBatch {
  readonly tokens: PackedBatch;
  readonly labels: Int32Array;
}

/** Tokenizes sentences. @param columns index of the logit for each of `sentimentLabels` */
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

/** Training data for `fit` from a set of sentences. */
export function sentenceBatches({ sequences, labels }: SentenceSet): TrainingData<SentenceBatch> {
  return {
    size: sequences.length,
    batch: (indices, { whole, first }) => ({
      tokens: packSequences(
        Array.from(indices, (index) => sequences[index]),
        indices.length < whole.length
          ? { lengths: Array.from(whole, (index) => sequences[index].length), first }
          : undefined,
      ),
      labels: Int32Array.from(indices, (index) => labels[index]),
    }),
  };
}
