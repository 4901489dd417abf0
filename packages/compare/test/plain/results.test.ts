import { describe, expect, it } from 'vitest';
import type { Measurement, VariantName } from '../../src/index.js';
import {
  comparisonResultsSchema,
  comparisonTables,
  measurementSchema,
  unfinishedTraining,
} from '../../src/index.js';
import { formatComparison, formatComparisonCsv } from '../../src/results/format-table.js';
import { summarizeComparison } from '../../src/results/results.js';
import { measurement } from './measurements.js';

const settings = {
  jobs: ['sentiment'],
  variants: ['full-fp32', 'lora-amp'],
  precision: 'bf16',
  seeds: 2,
  repeats: 2,
  epochs: 3,
} as const;

/** Four times faster, 300 times smaller, half the memory; the scores of the seeds differ by noise. */
function measured(variant: VariantName, seed: number, repeat: number): Measurement {
  const base = measurement({ variant, seed, repeat });
  const drift = 1 + 0.1 * seed + 0.05 * repeat; // the machine grows slower for all alike
  const isOptimized = variant === 'lora-amp';
  const { training } = base;
  return {
    ...base,
    training: {
      ...training,
      epochSeconds: (drift * training.epochSeconds) / (isOptimized ? 4 : 1),
      peakMemoryBytes: training.peakMemoryBytes / (isOptimized ? 2 : 1),
      peakTensorBytes: isOptimized ? 200e6 : 600e6,
    },
    checkpoint: { bytes: isOptimized ? 300e3 : 90e6, files: 3 },
    latency: base.latency.flatMap((entry) =>
      isOptimized ? [entry, { ...entry, merged: false, p50Ms: 2 * entry.p50Ms }] : [entry],
    ),
    scores:
      repeat > 0 ? null : { ...base.scores!, macroF1: 0.7 + (isOptimized ? (seed === 1 ? 0.02 : -0.01) : 0) },
  };
}

const measurements = ([1, 2] as const).flatMap((seed) =>
  [0, 1].flatMap((repeat) => settings.variants.map((variant) => measured(variant, seed, repeat))),
);
const results = summarizeComparison(settings, { encoder: 'tiny', costOnly: false }, measurements);
const delta = (metric: string) => results.deltas.find((one) => one.metric === metric)!;

describe('summarizeComparison', () => {
  it('compares pairs, so that a drift of the machine cancels', () => {
    expect(delta('trainingTimeReduction')).toMatchObject({ kind: 'ratio', pairs: 4, conclusion: 'better' });
    expect(delta('trainingTimeReduction').value).toBeCloseTo(4, 12);
    for (const bound of delta('trainingTimeReduction').interval!) expect(bound).toBeCloseTo(4, 12);
    expect(results.variants[0].epochSecondsDeviation).toBeGreaterThan(0.5);
  });

  it('gives the headline numbers of the optimized variant', () => {
    expect(results.baseline).toBe('full-fp32');
    expect(results.optimized).toBe('lora-amp');
    expect(results.delta).toMatchObject({
      modelSizeReduction: expect.closeTo(300, 9),
      memoryReduction: expect.closeTo(2, 12),
      tensorMemoryReduction: expect.closeTo(3, 12),
      inferenceSpeedup: expect.closeTo(1, 12),
      unmergedInferenceSpeedup: expect.closeTo(0.5, 12),
      deltaMacroF1: expect.closeTo(0.005, 12),
      deltaRmse: null,
    });
  });

  it('pairs scores by seed, and calls a difference noise that its interval does not exclude', () => {
    expect(delta('deltaMacroF1')).toMatchObject({ kind: 'difference', pairs: 2, conclusion: 'noise' });
    expect(delta('deltaMacroF1').sentence).toBe(
      'sentiment, lora-amp: macro-F1 +0.0050 against full-fp32 (95 % interval −0.1856 … +0.1956, 2 pairs): no more than noise.',
    );
  });

  it('says where a variant is equal in every measurement, or worse', () => {
    expect(delta('deltaAccuracy').conclusion).toBe('same');
    expect(delta('unmergedInferenceSpeedup')).toMatchObject({ conclusion: 'worse' });
    expect(delta('unmergedInferenceSpeedup').sentence).toContain(
      '2.00 times more than full-fp32 (95 % interval 2.00 … 2.00, 4 pairs): worse by more than noise',
    );
  });

  it('gives no interval from a single measurement, and the reason', () => {
    const one = summarizeComparison(
      { ...settings, seeds: 1, repeats: 1 },
      { encoder: 'tiny', costOnly: false },
      measurements.filter(({ seed, repeat }) => seed === 1 && repeat === 0),
    );
    expect(one.deltas.every(({ interval }) => interval === null)).toBe(true);
    expect(one.deltas[0]).toMatchObject({ conclusion: 'unknown', reason: /one measurement/ as never });
  });

  it('takes the geometric mean of both jobs as the headline number', () => {
    const forecast = measurements.map(
      (one): Measurement => ({
        ...one,
        job: 'forecast',
        training: {
          ...one.training,
          epochSeconds:
            one.variant === 'lora-amp' ? one.training.epochSeconds * 4 : one.training.epochSeconds,
        },
      }),
    );
    const both = summarizeComparison(
      { ...settings, jobs: ['sentiment', 'forecast'] },
      { encoder: 'tiny', costOnly: false },
      [...measurements, ...forecast],
    );
    expect(both.variants).toHaveLength(4);
    expect(both.delta.trainingTimeReduction).toBeCloseTo(2, 12);
  });

  it('counts the seeds that were still improving, and names variants whose training was too short', () => {
    const falling = [1, 0.8, 0.7].map((loss, i) => ({ epoch: i + 1, trainLoss: loss, validationLoss: loss }));
    const turned = [...falling.slice(0, 2), { epoch: 3, trainLoss: 0.7, validationLoss: 0.9 }];
    const of = (lora: (seed: number) => typeof falling) =>
      summarizeComparison(
        settings,
        { encoder: 'tiny', costOnly: false },
        measurements.map((one) => ({ ...one, epochs: one.variant === 'lora-amp' ? lora(one.seed) : turned })),
      );
    const short = of(() => falling);
    expect(short.variants.map(({ stillImproving }) => stillImproving)).toEqual([0, 2]);
    expect(unfinishedTraining(short)).toEqual([
      'sentiment: training ended after 3 epochs, while the validation loss of lora-amp still fell with every seed. Their scores are not final: compare accuracy with more --epochs.',
    ]);
    expect(formatComparison(short)).toContain(`- ${unfinishedTraining(short)[0]}`);
    const one = of((seed) => (seed === 1 ? falling : turned));
    expect(one.variants.map(({ stillImproving }) => stillImproving)).toEqual([0, 1]);
    expect(unfinishedTraining(one)).toEqual([]);
  });

  it('makes what its schema accepts', () => {
    expect(comparisonResultsSchema.parse(JSON.parse(JSON.stringify(results)))).toEqual(results);
    for (const one of measurements)
      expect(measurementSchema.parse(JSON.parse(JSON.stringify(one)))).toEqual(one);
  });
});

describe('tables', () => {
  it('have one row per variant, batch size and difference', () => {
    const [cost, latency, scores, deltas] = comparisonTables(results);
    expect(cost.rows.map(([, name]) => name)).toEqual(['full-fp32', 'lora-amp']);
    expect(latency.rows).toHaveLength(2 + 4);
    expect(scores.rows[1]).toContain('0.7050');
    expect(deltas.rows.find(([, , words]) => words === 'checkpoint size')).toContain('÷ 300');
    for (const { header, rows } of comparisonTables(results)) {
      for (const row of rows) expect(row).toHaveLength(header.length);
    }
  });

  it('are written as Markdown and CSV', () => {
    expect(formatComparison(results)).toContain('| sentiment | lora-amp | 2.35 ±');
    const [header, ...lines] = formatComparisonCsv(results).trim().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line.split(',')).toHaveLength(header.split(',').length);
    expect(header).toContain('latency8UnmergedP95Ms');
  });
});
