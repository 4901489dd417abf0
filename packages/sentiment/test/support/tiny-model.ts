import type { BertConfig } from '@fin/finbert-lora';
import { BertForSequenceClassification, createConfig } from '@fin/finbert-lora';
import { randomStreams } from '@fin/runtime';

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
