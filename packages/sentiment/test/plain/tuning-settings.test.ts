import { describe, expect, it } from 'vitest';
import { resolveTuning } from '../../src/index.js';
import { classWeights } from '../../src/tuning/class-weights.js';
import { parameterDepth } from '../../src/tuning/parameter-depth.js';
import { tuningSettingsSchema } from '../../src/tuning/settings.js';

describe('resolveTuning', () => {
  it('has defaults for each method, and adapters for one only', () => {
    expect(resolveTuning()).toMatchObject({ method: 'lora', learningRate: 1e-3, lora: { r: 8 } });
    expect(resolveTuning({ method: 'full' })).toMatchObject({ layerDecay: 1.2, lora: null });
    expect(resolveTuning({ lora: { r: 4 } }).lora).toMatchObject({ r: 4, loraAlpha: 16 });
  });

  it('splits by the seed unless it is told another one', () => {
    expect(resolveTuning({ seed: 7 })).toMatchObject({ seed: 7, splitSeed: 7 });
    expect(resolveTuning({ seed: 7, splitSeed: 1 })).toMatchObject({ seed: 7, splitSeed: 1 });
  });

  it('caches frozen layers only where some at the bottom stay frozen', () => {
    const cached = { cacheFrozenLayers: true } as const;
    expect(resolveTuning({ ...cached, lora: { layersToTransform: [1] } })).toMatchObject(cached);
    for (const options of [{}, { lora: { layersToTransform: [0, 1] } }, { method: 'full' as const }]) {
      expect(() => resolveTuning({ ...cached, ...options })).toThrow(
        'cacheFrozenLayers needs frozen layers at the bottom',
      );
    }
    const unfrozen = { gradualUnfreezing: true, lora: { layersToTransform: [1] } };
    expect(() => resolveTuning({ ...cached, ...unfrozen })).toThrow('does not go with gradualUnfreezing');
  });
});

it('classWeights are the inverse shares of the classes', () => {
  expect(classWeights([0, 0, 1, 0], 3)).toEqual([4 / 3, 4, 4]);
});

it.each([
  ['classifier.weight', 0],
  ['bert.pooler.dense.bias', 0],
  ['base_model.model.classifier.modules_to_save.default.weight', 0],
  ['bert.encoder.layer.11.output.dense.weight', 1],
  ['base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.default.weight', 12],
  ['bert.embeddings.LayerNorm.weight', 13],
])('parameterDepth of %s is %i', (name, depth) => {
  expect(parameterDepth(name, 12)).toBe(depth);
});

describe('settings of memory', () => {
  it('have defaults, and are in what older runs lack', () => {
    expect(resolveTuning()).toMatchObject({ optimizer: 'adamw', storage: null });
    const { optimizer: _, storage: __, ...older } = resolveTuning();
    expect(tuningSettingsSchema.parse(older)).toEqual(resolveTuning());
  });

  it('refuse weights in few bits that are trained', () => {
    expect(resolveTuning({ storage: 'nf4' }).storage).toBe('nf4');
    expect(() => resolveTuning({ method: 'full', storage: 'nf4' })).toThrow(/storage is 'nf4'.*method lora/);
    expect(() => resolveTuning({ storage: 'fp4' as never })).toThrow(/the setting storage/);
  });
});
