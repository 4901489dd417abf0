import { describe, expect, it } from 'vitest';
import { resolveComparison, variantNames } from '../../src/index.js';
import { forecasterSettings, tuningSettings } from '../../src/settings.js';
import { variantOf } from '../../src/variants.js';

describe('variants', () => {
  it.each([
    ['full-fp32', { finetuning: 'full', precision: 'fp32', optimizer: 'adamw', storage: null }],
    ['full-adamw8bit', { finetuning: 'full', precision: 'fp32', optimizer: 'adamw8bit', storage: null }],
    ['full-int8', { finetuning: 'full', precision: 'fp32', optimizer: 'adamw', storage: null }],
    ['full-amp', { finetuning: 'full', precision: 'bf16', optimizer: 'adamw', storage: null }],
    ['lora-fp32', { finetuning: 'lora', precision: 'fp32', optimizer: 'adamw', storage: null }],
    ['lora-nf4', { finetuning: 'lora', precision: 'fp32', optimizer: 'adamw', storage: 'nf4' }],
    ['lora-int8', { finetuning: 'lora', precision: 'fp32', optimizer: 'adamw', storage: 'int8' }],
    ['lora-amp', { finetuning: 'lora', precision: 'bf16', optimizer: 'adamw', storage: null }],
  ] as const)('%s', (name, expected) => {
    const inference = name === 'full-int8' ? 'int8' : null;
    expect(variantOf(name, 'bf16')).toEqual({ name, inference, ...expected });
    const comparison = resolveComparison({
      jobs: ['sentiment', 'forecast'],
      variants: variantNames.filter((one) => one !== 'full-int8'),
    });
    const { finetuning: method, ...own } = expected;
    expect(tuningSettings(comparison, name, 1)).toMatchObject({ method, ...own });
    expect(forecasterSettings(comparison, name, 1, 'encoder')).toMatchObject(expected);
  });

  it('are the four of precision and method unless others are named', () => {
    const { variants } = resolveComparison({ jobs: ['sentiment'] });
    expect(variants).toEqual(['full-fp32', 'full-amp', 'lora-fp32', 'lora-amp']);
    expect(variantNames.length).toBe(8);
  });

  it('in int8 are for sentiment alone', () => {
    const variants = ['full-fp32', 'full-int8'] as const;
    expect(resolveComparison({ jobs: ['sentiment'], variants }).variants).toEqual(variants);
    expect(() => resolveComparison({ jobs: ['sentiment', 'forecast'], variants })).toThrow(
      'full-int8 is for the job sentiment alone',
    );
  });
});
