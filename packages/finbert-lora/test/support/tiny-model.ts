import { randomStreams } from '@fin/runtime';
import type { BertConfig } from '../../src/index.js';
import { BertForSequenceClassification, createConfig } from '../../src/index.js';
import type { PackedBatch } from '../../src/tokenizer/index.js';
import { packSequences } from '../../src/tokenizer/index.js';

export const tinyConfig: BertConfig = createConfig({
  vocabSize: 50,
  hiddenSize: 8,
  numHiddenLayers: 3,
  numAttentionHeads: 2,
  intermediateSize: 16,
  maxPositionEmbeddings: 12,
  id2label: ['positive', 'negative', 'neutral'],
});

export function tinyModel(settings: Partial<BertConfig> = {}, seed = 5): BertForSequenceClassification {
  const init = randomStreams(seed).stream('init');
  return new BertForSequenceClassification({ ...tinyConfig, ...settings }, { init });
}

/** Sequences of these lengths with ids that depend on the place. */
export function tinyBatch(lengths: readonly number[] = [4, 9, 2, 4, 7]): PackedBatch {
  return packSequences(
    lengths.map((length, i) => Int32Array.from({ length }, (_, j) => 1 + ((i * 11 + j * 7) % 49))),
  );
}

export const tinyLabels = [0, 2, 1, 1, 0];
