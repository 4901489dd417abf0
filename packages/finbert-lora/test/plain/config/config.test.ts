import { sharedPath } from '@fin/testkit';
import { describe, expect, it } from 'vitest';
import { BertInputError, configToJson, createConfig, parseConfig, readConfig } from '../../../src/index.js';

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
    [{ hidden_act: 'silu' }, /hiddenAct is "silu"; it must be one of gelu, gelu_new, relu/],
    [{ hidden_size: 100 }, /hiddenSize is 100; it must be a multiple of the number of attention heads, 12/],
    [{ hidden_size: '768' }, /hiddenSize is "768"; it must be a whole number/],
    [{ num_hidden_layers: 0 }, /numHiddenLayers/],
    [{ hidden_dropout_prob: 1 }, /hiddenDropoutProb/],
    [{ layer_norm_eps: 0 }, /layerNormEps/],
    [{ pad_token_id: 40_000 }, /padTokenId/],
    [{ id2label: { '0': 'a', '2': 'b' } }, /names 2 classes, but not the ids 0 to 1/],
    [{ id2label: { '0': 'a', '1': 'a' } }, /different names/],
    [{ id2label: { '0': 'a', '1': 'b' }, label2id: { b: 0, a: 1 } }, /label2id says "b" is 0/],
  ])('is refused where it makes no BERT: %j', (json, message) => {
    expect(() => parseConfig(json, 'config.json')).toThrow(BertInputError);
    expect(() => parseConfig(json, 'config.json')).toThrow(message);
    expect(() => parseConfig(json, 'config.json')).toThrow(/^config\.json: /);
  });
});
