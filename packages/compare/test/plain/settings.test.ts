import { describe, expect, it } from 'vitest';
import type { ComparisonOptions } from '../../src/index.js';
import { resolveComparison } from '../../src/index.js';
import { planTasks } from '../../src/measure/measure.js';
import { forecasterSettings, isCostOnly, tuningSettings } from '../../src/settings.js';

const both = { jobs: ['forecast', 'sentiment'] } as const;

describe('resolveComparison', () => {
  it('fills in the defaults of the study', () => {
    expect(resolveComparison(both)).toMatchObject({
      jobs: ['sentiment', 'forecast'],
      variants: ['full-fp32', 'full-amp', 'lora-fp32', 'lora-amp'],
      precision: 'bf16',
      lora: { r: 8, loraAlpha: 32, loraDropout: 0.05 },
      latency: { batchSizes: [1, 8, 32] },
    });
  });

  it.each<[Partial<ComparisonOptions>, RegExp]>([
    [{ variants: ['lora-amp'] }, /variants.*two or more/],
    [{ variants: ['lora-amp', 'lora-amp'] }, /two or more different variants/],
    [{ seeds: 0 }, /the setting seeds/],
    [{ maxBatches: 2 }, /maxBatches.*the first two updates are not timed/],
    [{ latency: { seconds: 0 } }, /latency\.seconds/],
    [{ lora: { r: 0 } }, /lora\.r/],
    [{ precision: 'fp32' as 'bf16' }, /the setting precision/],
    [{ sentiment: { method: 'full' } as never }, /sentiment\.method is decided by the comparison itself/],
    [{ forecaster: { epochs: 2 } as never }, /forecaster\.epochs is decided/],
    [{ forecaster: { window: 0 } }, /window/],
    [{ sentiment: { batchSize: 0 } }, /batchSize/],
  ])('refuses %j', (options, message) => {
    expect(() => resolveComparison({ ...both, ...options })).toThrow(message);
  });
});

it('gives all variants the same data, seeds, batches and epochs, and no early stopping', () => {
  const settings = resolveComparison({ ...both, epochs: 4, sentiment: { batchSize: 7 } });
  for (const name of settings.variants) {
    const tuning = tuningSettings(settings, name, 5);
    expect(tuning).toMatchObject({ seed: 5, splitSeed: 1, batchSize: 7, epochs: 4, patience: 4 });
    expect(tuning.lora === null).toBe(name.startsWith('full'));
    const forecaster = forecasterSettings(settings, name, 5, 'model');
    expect(forecaster).toMatchObject({ seed: 5, batchSize: 16, epochs: 4, patience: 4, text: 'joint' });
    expect(forecaster.precision).toBe(name.endsWith('amp') ? 'bf16' : 'fp32');
  }
});

it('measures cost alone where training is not whole or the encoder is random', () => {
  expect(isCostOnly(resolveComparison(both))).toBe(false);
  expect(isCostOnly(resolveComparison({ ...both, maxBatches: 5 }))).toBe(true);
  expect(isCostOnly(resolveComparison({ ...both, randomEncoder: 'base' }))).toBe(true);
});

it('interleaves the variants, and goes backwards in every second round', () => {
  const settings = resolveComparison({
    jobs: ['sentiment'],
    variants: ['full-fp32', 'lora-amp'],
    seeds: 2,
    repeats: 2,
    seed: 7,
  });
  expect(planTasks(settings).map(({ variant, seed, repeat }) => `${variant} ${seed}.${repeat}`)).toEqual([
    'full-fp32 7.0',
    'lora-amp 7.0',
    'lora-amp 7.1',
    'full-fp32 7.1',
    'full-fp32 8.0',
    'lora-amp 8.0',
    'lora-amp 8.1',
    'full-fp32 8.1',
  ]);
});
