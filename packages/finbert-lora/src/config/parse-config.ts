import { BertInputError } from '../errors.js';
import type { BertConfig } from './bert-config.js';
import { checkConfig } from './check-config.js';
import { createConfig } from './create-config.js';

type Json = Record<string, unknown>;

/** `config.json`'s name of each setting. */
export const JSON_NAMES: Readonly<Record<Exclude<keyof BertConfig, 'id2label'>, string>> = {
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
};

/** Kinds of BERT that would load and then compute something else. */
const UNSUPPORTED: readonly { name: string; allowed: readonly unknown[] }[] = [
  { name: 'model_type', allowed: [undefined, 'bert'] },
  { name: 'position_embedding_type', allowed: [undefined, 'absolute'] },
  { name: 'is_decoder', allowed: [undefined, false] },
  { name: 'add_cross_attention', allowed: [undefined, false] },
];

/**
 * Reads the content of a `config.json`. A setting that is left out is transformers' default, as there.
 *
 * @param file named in messages
 * @throws BertInputError when it is not that of a BERT encoder, or makes none
 */
export function parseConfig(json: Json, file: string | null = null): BertConfig {
  for (const { name, allowed } of UNSUPPORTED) {
    if (!allowed.includes(json[name])) {
      throw new BertInputError(
        `${name} is ${JSON.stringify(json[name])}; only a BERT encoder with absolute positions is read here`,
        {
          file,
        },
      );
    }
  }
  const settings: Json = {};
  for (const [name, jsonName] of Object.entries(JSON_NAMES)) {
    if (json[jsonName] !== undefined) settings[name] = json[jsonName];
  }
  const id2label = labels(json, file);
  const config = { ...createConfig(), ...settings, ...(id2label && { id2label }) } as BertConfig;
  checkConfig(config, file);
  return config;
}

function labels(json: Json, file: string | null): string[] | null {
  const named = json.id2label as Record<string, string> | undefined;
  if (!named) return null;
  const count = Object.keys(named).length;
  const byId = Array.from({ length: count }, (_, id) => named[id]);
  if (byId.some((label) => typeof label !== 'string')) {
    throw new BertInputError(`id2label names ${count} classes, but not the ids 0 to ${count - 1}`, { file });
  }
  for (const [label, id] of Object.entries((json.label2id ?? {}) as Record<string, number>)) {
    if (byId[id] !== label) {
      throw new BertInputError(`label2id says "${label}" is ${id} and id2label says ${id} is "${byId[id]}"`, {
        file,
      });
    }
  }
  return byId;
}
