import { z } from 'zod';
import type { FieldRules } from '../check-fields.js';
import { checkFields } from '../check-fields.js';
import { BertInputError } from '../errors.js';

/** Activation between the two linear layers of a block. `gelu` is exact (erf), `gelu_new` the tanh approximation. */
export type HiddenAct = 'gelu' | 'gelu_new' | 'relu';

/** Shape and settings of a BERT model: `config.json` in TypeScript's spelling. */
export interface BertConfig {
  /** Rows of the word embedding. A vocabulary may have fewer words: some models pad the embedding. */
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly intermediateSize: number;
  /** Maximum length of a sequence in tokens. */
  readonly maxPositionEmbeddings: number;
  readonly typeVocabSize: number;
  readonly hiddenAct: HiddenAct;
  readonly layerNormEps: number;
  readonly hiddenDropoutProb: number;
  readonly attentionProbsDropoutProb: number;
  /** Dropout before the classifier; null means `hiddenDropoutProb`. */
  readonly classifierDropout: number | null;
  /** Standard deviation of new weights. */
  readonly initializerRange: number;
  readonly padTokenId: number;
  /** Name of each class, in the order of the logits. */
  readonly id2label: readonly string[];
}

/** `config.json`'s name of each setting. */
export const JSON_NAMES: Readonly<Record<keyof BertConfig, string>> = {
  vocabSize: 'vocab_size',
  hiddenSize: 'hidden_size',
  numHiddenLayers: 'num_hidden_layers',
  numAttentionHeads: 'num_attention_heads',
  intermediateSize: 'intermediate_size',
  maxPositionEmbeddings: 'max_position_embeddings',
  typeVocabSize: 'type_vocab_size',
  hiddenAct: 'hidden_act',
  layerNormEps: 'layer_norm_eps',
  hiddenDropoutProb: 'hidden_dropout_prob',
  attentionProbsDropoutProb: 'attention_probs_dropout_prob',
  classifierDropout: 'classifier_dropout',
  initializerRange: 'initializer_range',
  padTokenId: 'pad_token_id',
  id2label: 'id2label',
};

/** Maximum number of classes: far above any real classifier, small enough to list. */
export const MAX_LABELS = 100_000;

const count = (max: number) => [z.int().min(1).max(max), `a whole number from 1 to ${max}`] as const;
const rate = z.number().min(0).lt(1);
const small = [z.number().gt(0).lt(1), 'above 0 and below 1'] as const;

/**
 * Valid values of each setting. Upper limits are far above any published BERT, so that a file cannot make this program allocate
 * without limit.
 */
const RULES: FieldRules<BertConfig> = {
  vocabSize: count(10_000_000),
  hiddenSize: count(100_000),
  numHiddenLayers: count(1000),
  numAttentionHeads: count(10_000),
  intermediateSize: count(1_000_000),
  maxPositionEmbeddings: count(10_000_000),
  typeVocabSize: count(100_000),
  hiddenAct: [z.enum(['gelu', 'gelu_new', 'relu']), 'one of gelu, gelu_new, relu'],
  layerNormEps: small,
  hiddenDropoutProb: [rate, 'at least 0 and below 1'],
  attentionProbsDropoutProb: [rate, 'at least 0 and below 1'],
  classifierDropout: [rate.nullable(), 'at least 0 and below 1'],
  initializerRange: small,
  padTokenId: [z.int().min(0), 'an id of the vocabulary'],
  id2label: [
    z
      .array(z.string())
      .min(1)
      .max(MAX_LABELS)
      .refine((labels) => new Set(labels).size === labels.length),
    'one or more different names',
  ],
};

/** transformers' defaults: BERT-base, uncased, two unnamed classes. */
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
 * Makes a configuration. Omitted settings have the values of BERT-base.
 *
 * @param file for messages, which then use the file's names of the settings
 * @throws BertInputError naming the setting that is out of range
 * @example
 * const config = createConfig({ vocabSize: 4000, hiddenSize: 64, numHiddenLayers: 2, numAttentionHeads: 2, intermediateSize: 256 });
 */
export function createConfig(settings: Partial<BertConfig> = {}, file: string | null = null): BertConfig {
  const config = { ...BERT_BASE, ...settings };
  checkFields(config, RULES, { file, names: JSON_NAMES });
  const refuse = (name: 'hiddenSize' | 'padTokenId', wanted: string): never => {
    const shown = file === null ? name : JSON_NAMES[name];
    throw new BertInputError(`${shown} is ${config[name]}; it must be ${wanted}`, { file });
  };
  if (config.hiddenSize % config.numAttentionHeads !== 0) {
    refuse('hiddenSize', `a multiple of the number of attention heads, ${config.numAttentionHeads}`);
  }
  if (config.padTokenId >= config.vocabSize) refuse('padTokenId', 'an id of the vocabulary');
  return config;
}
