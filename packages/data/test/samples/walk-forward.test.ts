import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Timed } from '../../src/index.js';
import { tradingDays, walkForward } from '../../src/index.js';

const days = tradingDays('2012-01-03', '2013-12-31');
const samples: readonly Timed[] = days
  .slice(1)
  .map((targetDate, i) => ({ decisionDate: days[i], targetDate }));
const at = (sample: Timed): number => samples.indexOf(sample);
const span = (part: readonly Timed[]): [number, number] => [at(part[0]), at(part[part.length - 1])];

describe('walkForward', () => {
  it('expands', () => {
    const folds = walkForward(samples.slice(0, 100), { trainSize: 50, testSize: 20 });
    expect(
      folds.map(({ index, train, validation, test }) => [index, span(train), validation.length, span(test)]),
    ).toEqual([
      [0, [0, 49], 0, [50, 69]],
      [1, [0, 69], 0, [70, 89]],
      [2, [0, 89], 0, [90, 99]],
    ]);
  });

  it('slides', () => {
    const folds = walkForward(samples.slice(0, 100), {
      mode: 'sliding',
      trainSize: 40,
      validationSize: 10,
      testSize: 20,
      purge: 2,
      step: 23,
    });
    expect(folds.map(({ train, validation, test }) => [span(train), span(validation), span(test)])).toEqual([
      [
        [0, 39],
        [42, 51],
        [54, 73],
      ],
      [
        [23, 62],
        [65, 74],
        [77, 96],
      ],
    ]);
  });

  it('leaves out what follows an earlier test part', () => {
    const folds = walkForward(samples.slice(0, 30), { trainSize: 10, testSize: 5, embargo: 2 });
    expect(folds.map(({ train }) => train.map(at).filter((i) => i >= 10))).toEqual([
      [],
      [10, 11, 12, 13, 14],
      [10, 11, 12, 13, 14, 17, 18, 19],
      [10, 11, 12, 13, 14, 17, 18, 19, 22, 23, 24],
    ]);
  });

  it('never trains on a later day than it tests, keeps its gaps, and tests each sample once', () => {
    const sizes = fc.record({
      mode: fc.constantFrom('expanding' as const, 'sliding' as const),
      trainSize: fc.integer({ min: 20, max: 120 }),
      validationSize: fc.integer({ min: 0, max: 30 }),
      testSize: fc.integer({ min: 1, max: 60 }),
      purge: fc.integer({ min: 0, max: 12 }),
      embargo: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(sizes, (options) => {
        fc.pre(options.embargo < options.testSize);
        const folds = walkForward(samples, options);
        for (const { train, validation, test } of folds) {
          const parts = [train, validation, test].filter((part) => part.length > 0);
          for (const [i, part] of parts.entries()) {
            if (i === 0) continue;
            expect(parts[i - 1].at(-1)!.targetDate <= part[0].decisionDate).toBe(true);
            expect(span(part)[0] - span(parts[i - 1])[1] - 1).toBeGreaterThanOrEqual(options.purge);
          }
          if (options.mode === 'sliding') expect(train.length).toBeLessThanOrEqual(options.trainSize);
        }
        const tested = folds.flatMap(({ test }) => test.map(at));
        expect(tested).toEqual(samples.map(at).slice(tested[0]));
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    [{ trainSize: 0, testSize: 5 }, 'trainSize is 0. Give a whole number from 1 on.'],
    [{ trainSize: 5, testSize: 2.5 }, 'testSize is 2.5. Give a whole number from 1 on.'],
    [{ trainSize: 5, testSize: 5, purge: -1 }, 'purge is -1. Give a whole number from 0 on.'],
    [
      { trainSize: 400, testSize: 5, validationSize: 100, purge: 1 },
      '501 samples are too few: the first test part would start at 502. Make trainSize, validationSize or purge smaller.',
    ],
    [
      { mode: 'sliding' as const, trainSize: 5, testSize: 5, embargo: 5 },
      'the embargo of 5 leaves fold 2 nothing to train on. Make embargo smaller, or trainSize larger.',
    ],
  ])('refuses %j', (options, message) => {
    expect(() => walkForward(samples, options)).toThrow(message);
  });

  it('refuses samples out of order', () => {
    expect(() => walkForward([samples[1], samples[0]], { trainSize: 1, testSize: 1 })).toThrow(
      'the sample of 2012-01-03 comes after one with the target 2012-01-05. Give samples oldest first',
    );
  });
});
