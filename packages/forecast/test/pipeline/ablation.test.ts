import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nests } from '../../src/backtest/ablation.js';
import { ablationVariants, backtest, resolveSettings } from '../../src/index.js';
import { walkMarket, walkSettings } from './small-backtest.js';
import { temporaryFolder } from './temporary-folder.js';

const folder = temporaryFolder();

describe('an ablation', () => {
  it('compares the parts with every baseline and with each other, on the same days', async () => {
    const result = await backtest({
      market: walkMarket,
      runDir: join(folder, 'run'),
      settings: { ...walkSettings, seeds: 1, refitEvery: 40, variants: ablationVariants({}) },
      workers: 0,
    });
    const { rows, comparisons } = result!;
    const models = ['lstm', 'bert(random)', 'bert(random)+lstm'];
    expect(rows.slice(0, 3).map(({ model }) => model)).toEqual(models);
    expect(new Set(rows.map(({ n }) => n)).size).toBe(1);
    const pairs = comparisons.filter(({ reference }) => models.includes(reference));
    expect(pairs.map(({ model, reference }) => [model, reference])).toEqual([
      ['bert(random)', 'lstm'],
      ['bert(random)+lstm', 'lstm'],
      ['bert(random)+lstm', 'bert(random)'],
    ]);
    // Clark-West where the reference is the model with parts left out.
    expect(pairs.map(({ clarkWest }) => clarkWest !== null)).toEqual([false, true, true]);
    const baselines = rows.slice(3).map(({ model }) => model);
    expect(comparisons.filter(({ model }) => model === 'lstm').map(({ reference }) => reference)).toEqual(
      baselines,
    );
  });

  it('has the variants that its model allows', () => {
    const settings = (model?: string) => ablationVariants({ model }).map((variant) => variant.settings);
    expect(settings('m')).toEqual([
      { text: 'none', prices: true },
      { text: 'scored', prices: false },
      { text: 'scored', prices: true },
      { text: 'joint', prices: true },
    ]);
    expect(settings()).toEqual([
      { text: 'none', prices: true },
      { text: 'random', prices: false },
      { text: 'random', prices: true },
    ]);
  });

  it('knows which model is a special case of which', () => {
    const [prices, text, fused] = ablationVariants({}).map((variant) => resolveSettings(variant.settings));
    expect([nests(fused, prices), nests(fused, text)]).toEqual([true, true]);
    expect([nests(prices, fused), nests(prices, text), nests(text, prices), nests(fused, fused)]).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });

  it.each([
    [{}, ['price-only', 'scored'], 'the variant scored needs a model'],
    [{}, ['price-only'], 'an ablation compares at least two different variants'],
    [{}, ['random', 'random'], 'an ablation compares at least two different variants'],
  ] as const)('refuses %j %j', (forecaster, names, message) => {
    expect(() => ablationVariants(forecaster, names)).toThrow(message);
  });
});
