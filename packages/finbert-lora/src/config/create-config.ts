import type { BertConfig } from './bert-config.js';
import { checkConfig } from './check-config.js';

/** transformers' own defaults: BERT-base, uncased, two unnamed classes. */
const BERT_BASE: BertConfig = {
  vocabSize: 30_522,
  hiddenSize: 768,
  numHiddenLayers: 12,
  numAttentionHeads: 12,
  intermediateSize: 3072,
  maxPositionEmbeddings: 512,
  typeVocabSize: 2,
  hiddenAct: 'gelu',
  layerNormEps: 1e-12,
  hiddenDropoutProb: 0.1,
  attentionProbsDropoutProb: 0.1,
  classifierDropout: null,
  initializerRange: 0.02,
  padTokenId: 0,
  id2label: ['LABEL_0', 'LABEL_1'],
};

/**
 * A configuration; what is left out is BERT-base's.
 *
 * @throws BertInputError when the numbers make no BERT
 * @example
 * const config = createConfig({ vocabSize: 4000, hiddenSize: 64, numHiddenLayers: 2, numAttentionHeads: 2, intermediateSize: 256 });
 */
export function createConfig(settings: Partial<BertConfig> = {}): BertConfig {
  const config = { ...BERT_BASE, ...settings };
  checkConfig(config, null);
  return config;
}
