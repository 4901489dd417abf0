import { sharedPath } from '@fin/testkit';
import { describe, expect, it } from 'vitest';
import { configToJson, parseConfig } from '../../../src/config/config-json.js';
import { BertInputError, createConfig, readConfig } from '../../../src/index.js';

const miniLm = sharedPath('models', 'all-MiniLM-L6-v2');

describe('config.json', () => {
  it('gives the order of the labels, never assumed', () => {
    const finbert = { model_type: 'bert', id2label: { '2': 'neutral', '0': 'positive', '1': 'negative' } };
    expect(parseConfig(finbert).id2label).toEqual(['positive', 'negative', 'neutral']);
    const tone = { ...finbert, id2label: { '0': 'Neutral', '1': 'Positive', '2': 'Negative' } };
    expect(parseConfig(tone).id2label).toEqual(['Neutral', 'Positive', 'Negative']);
    expect(parseConfig({ model_type: 'bert' }).id2label).toEqual(['LABEL_0', 'LABEL_1']);
  });

  it('is read back as it is written', () => {
    const config = createConfig({
      hiddenSize: 48,
      numAttentionHeads: 4,
      hiddenAct: 'relu',
      id2label: ['a', 'b', 'c'],
    });
    const json = JSON.parse(JSON.stringify(configToJson(config, 'BertForSequenceClassification')));
    expect(json).toMatchObject({
      hidden_size: 48,
      architectures: ['BertForSequenceClassification'],
      label2id: { c: 2 },
    });
    expect(parseConfig(json)).toEqual(config);
  });

  it('defaults to BERT-base', () => {
    expect(parseConfig({})).toEqual(createConfig());
    expect(createConfig()).toMatchObject({
      hiddenSize: 768,
      numHiddenLayers: 12,
      layerNormEps: 1e-12,
      hiddenAct: 'gelu',
    });
  });

  it('names classes by num_labels alone, and ignores label2id, as transformers does', () => {
    expect(parseConfig({ num_labels: 3 }).id2label).toEqual(['LABEL_0', 'LABEL_1', 'LABEL_2']);
    const stale = { id2label: { '0': 'a', '1': 'b' }, label2id: { b: 0, a: 1 } };
    expect(parseConfig(stale).id2label).toEqual(['a', 'b']);
  });

  it.each([
    ['gelu_python', 'gelu'],
    ['gelu_pytorch_tanh', 'gelu_new'],
    ['gelu_fast', 'gelu_new'],
  ])('reads %s, which is the function %s', (stored, hiddenAct) => {
    expect(parseConfig({ hidden_act: stored }).hiddenAct).toBe(hiddenAct);
  });

  it.skipIf(!miniLm)('of a published model', () => {
    expect(readConfig(miniLm!)).toMatchObject({
      hiddenSize: 384,
      numHiddenLayers: 6,
      intermediateSize: 1536,
    });
  });

  it.each([
    [{ model_type: 'roberta' }, /model_type is "roberta"/],
    [{ position_embedding_type: 'relative_key' }, /position_embedding_type/],
    [{ is_decoder: true }, /is_decoder/],
    [{ hidden_act: 'silu' }, /hidden_act is "silu"; it must be one of gelu, gelu_new, relu/],
    [{ hidden_size: 100 }, /hidden_size is 100; it must be a multiple of the number of attention heads, 12/],
    [{ hidden_size: '768' }, /hidden_size is "768"; it must be a whole number/],
    [{ num_hidden_layers: 0 }, /num_hidden_layers/],
    [{ hidden_dropout_prob: 1 }, /hidden_dropout_prob/],
    [{ layer_norm_eps: 0 }, /layer_norm_eps/],
    [{ pad_token_id: 40_000 }, /pad_token_id/],
    [{ id2label: { '0': 'a', '2': 'b' } }, /names 2 classes, but not the ids 0 to 1/],
    [{ id2label: { '0': 'a', '1': 'a' } }, /different names/],
    [{ num_hidden_layers: 1e9 }, /num_hidden_layers is 1000000000; it must be a whole number from 1 to 1000/],
    [{ vocab_size: 1e12 }, /vocab_size/],
    [{ max_position_embeddings: Number.POSITIVE_INFINITY }, /max_position_embeddings/],
    [{ intermediate_size: 1e15 }, /intermediate_size/],
    [{ hidden_size: 12e9 }, /hidden_size/],
    [{ type_vocab_size: 1e9 }, /type_vocab_size/],
    [{ num_labels: 1e9 }, /num_labels is 1000000000/],
    [{ num_labels: 'three' }, /num_labels is "three"/],
    [{ num_labels: 3, id2label: { '0': 'a', '1': 'b' } }, /num_labels is 3, but id2label names 2 classes/],
    [{ id2label: ['a', 'b'] }, /id2label is \["a","b"\]/],
  ])('is refused where it makes no BERT: %j', (json, message) => {
    expect(() => parseConfig(json, 'config.json')).toThrow(BertInputError);
    expect(() => parseConfig(json, 'config.json')).toThrow(message);
    expect(() => parseConfig(json, 'config.json')).toThrow(/^config\.json: /);
  });
});
