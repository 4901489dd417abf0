import { BertInputError } from '../errors.js';
import type { BertConfig, HiddenAct } from './bert-config.js';

const HIDDEN_ACTS: readonly HiddenAct[] = ['gelu', 'gelu_new', 'relu'];

/** @throws BertInputError naming the first setting that makes no BERT */
export function checkConfig(config: BertConfig, file: string | null): void {
  const refuse = (name: string, wanted: string): never => {
    const value = JSON.stringify(config[name as keyof BertConfig]);
    throw new BertInputError(`${name} is ${value}; it must be ${wanted}`, { file });
  };
  const counts = [
    'vocabSize',
    'hiddenSize',
    'numHiddenLayers',
    'numAttentionHeads',
    'intermediateSize',
    'maxPositionEmbeddings',
    'typeVocabSize',
  ] as const;
  for (const name of counts) {
    if (!Number.isInteger(config[name]) || config[name] < 1) refuse(name, 'a whole number from 1 up');
  }
  if (config.hiddenSize % config.numAttentionHeads !== 0) {
    refuse('hiddenSize', `a multiple of the number of attention heads, ${config.numAttentionHeads}`);
  }
  if (!HIDDEN_ACTS.includes(config.hiddenAct)) refuse('hiddenAct', `one of ${HIDDEN_ACTS.join(', ')}`);
  for (const name of ['hiddenDropoutProb', 'attentionProbsDropoutProb', 'classifierDropout'] as const) {
    const rate = config[name];
    if (rate !== null && !(rate >= 0 && rate < 1)) refuse(name, 'at least 0 and below 1');
  }
  for (const name of ['layerNormEps', 'initializerRange'] as const) {
    if (!(config[name] > 0 && config[name] < 1)) refuse(name, 'above 0 and below 1');
  }
  const { padTokenId, vocabSize, id2label } = config;
  if (!Number.isInteger(padTokenId) || padTokenId < 0 || padTokenId >= vocabSize)
    refuse('padTokenId', 'an id of the vocabulary');
  if (id2label.length < 1 || new Set(id2label).size !== id2label.length)
    refuse('id2label', 'one or more different names');
}
