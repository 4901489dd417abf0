import { describe, expect, it } from 'vitest';
import { BertInputError } from '../../../src/index.js';
import { loraConfigToJson, parseLoraConfig } from '../../../src/lora/adapter-config.js';
import type { LoraConfig } from '../../../src/lora/index.js';
import { createLoraConfig } from '../../../src/lora/index.js';

const minimal = { peft_type: 'LORA', target_modules: ['query'] };

describe('settings of an adapter', () => {
  it("are PEFT's by default", () => {
    expect(createLoraConfig()).toMatchObject({
      r: 8,
      loraAlpha: 8,
      loraDropout: 0,
      targetModules: ['query', 'value'],
      bias: 'none',
      useRslora: false,
      useDora: false,
      initLoraWeights: true,
    });
  });

  it.each([
    [{ r: 0 }, /r is 0; it must be a whole number from 1 to 1000000/],
    [{ r: 2.5 }, /r is 2\.5/],
    [{ r: 1e9 }, /r is 1000000000/],
    [{ loraAlpha: Number.POSITIVE_INFINITY }, /loraAlpha/],
    [{ loraAlpha: Number.NaN }, /loraAlpha/],
    [{ loraDropout: 1 }, /loraDropout is 1/],
    [{ bias: 'some' }, /bias is "some"/],
    [{ targetModules: 7 }, /targetModules is 7/],
    [{ targetModules: 'query(' }, /targetModules holds "query\(", which is no regular expression/],
    [{ rankPattern: { '[': 2 } }, /rankPattern holds "\["/],
    [{ rankPattern: { query: -1 } }, /rankPattern/],
    [{ modulesToSave: 'pooler' }, /modulesToSave/],
    [{ layersToTransform: ['one'] }, /layersToTransform/],
    [{ layersPattern: 'layer' }, /layersPattern needs layersToTransform/],
    [{ targetModules: '.*query', layersToTransform: 1 }, /need a list as targetModules/],
    [{ initLoraWeights: 'olora' }, /initLoraWeights is "olora"/],
    [{ taskType: 'SENTIMENT' }, /taskType is "SENTIMENT"/],
  ])('that mean nothing are refused: %o', (settings, message) => {
    const make = () => createLoraConfig(settings as unknown as Partial<LoraConfig>);
    expect(make).toThrow(message);
    expect(make).toThrow(BertInputError);
  });
});

describe('adapter_config.json', () => {
  it('comes back as it went', () => {
    const config = createLoraConfig({
      r: 4,
      targetModules: '.*query',
      rankPattern: { query: 2 },
      useDora: true,
      bias: 'all',
      taskType: 'SEQ_CLS',
      baseModelNameOrPath: 'ProsusAI/finbert',
      initLoraWeights: 'gaussian',
    });
    expect(parseLoraConfig(loraConfigToJson(config))).toEqual(config);
  });

  it('may say no more than what is adapted', () => {
    expect(parseLoraConfig(minimal)).toEqual(createLoraConfig({ targetModules: ['query'] }));
    const nulls = { target_modules: null, rank_pattern: null, alpha_pattern: null, task_type: null };
    expect(parseLoraConfig({ peft_type: 'LORA', ...nulls })).toEqual(createLoraConfig());
  });

  it.each(['eva', 'orthogonal', 'mica', true])('may have begun by %s', (init) => {
    expect(parseLoraConfig({ ...minimal, init_lora_weights: init }).initLoraWeights).toBe(true);
  });

  it.each([
    ['peft_type', 'LOHA'],
    ['peft_type', undefined],
    ['init_lora_weights', 'pissa_niter_16'],
    ['init_lora_weights', 'olora'],
    ['init_lora_weights', 'loftq'],
    ['layer_replication', [[0, 4]]],
    ['target_parameters', ['weight']],
    ['trainable_token_indices', [1, 2]],
    ['lora_bias', true],
    ['use_qalora', true],
    ['megatron_config', { a: 1 }],
    ['alora_invocation_tokens', [3]],
    ['a_field_of_tomorrow', 'on'],
    ['r', 'eight'],
    ['rank_pattern', { query: 'two' }],
  ])('is refused by name where %s is %o', (field, value) => {
    const parse = () => parseLoraConfig({ ...minimal, [field]: value }, 'dir/adapter_config.json');
    expect(parse).toThrow(new RegExp(`^dir/adapter_config\\.json: ${field} is`));
    expect(parse).toThrow(BertInputError);
  });

  it('is read where an unknown field asks for nothing', () => {
    expect(parseLoraConfig({ ...minimal, a_field_of_tomorrow: null, another: false, lists: [] }).r).toBe(8);
  });
});
