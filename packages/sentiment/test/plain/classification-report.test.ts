import { readFileSync } from 'node:fs';
import { allClose, parity } from '@fin/testkit';
import { describe, expect, it } from 'vitest';
import { classificationReport } from '../../src/index.js';

interface Case {
  readonly name: string;
  readonly actual: number[];
  readonly predicted: number[];
  readonly classes: number;
  readonly accuracy: number;
  readonly macroF1: number;
  readonly precision: number[];
  readonly recall: number[];
  readonly f1: number[];
  readonly support: number[];
  readonly confusion: number[][];
}

const { cases } = JSON.parse(
  readFileSync(new URL('../fixtures/classification.json', import.meta.url), 'utf8'),
) as { cases: Case[] };

/** Both sides compute in float64; only the order of a sum may differ. */
const tolerance = parity('classification');

describe('classificationReport equals scikit-learn', () => {
  it.each(cases)('$name', (expected) => {
    const labels = Array.from({ length: expected.classes }, (_, i) => `class ${i}`);
    const report = classificationReport(expected.actual, expected.predicted, labels);
    expect(report.n).toBe(expected.actual.length);
    allClose([report.accuracy, report.macroF1], [expected.accuracy, expected.macroF1], tolerance);
    for (const name of ['precision', 'recall', 'f1', 'support'] as const) {
      allClose(
        report.classes.map((scores) => scores[name]),
        expected[name],
        tolerance,
      );
    }
    expect(report.confusion).toEqual(expected.confusion);
    expect(report.classes.map(({ label }) => label)).toEqual(labels);
  });
});

describe('classificationReport refuses', () => {
  it.each([
    ['lists of different length', [0, 1], [0], /1 predicted classes for 2 texts/],
    ['no texts', [], [], /0 predicted classes for 0 texts/],
    [
      'a number that is no class',
      [0, 3],
      [0, 1],
      /text 1 is of class 3, predicted 1; classes go from 0 to 1/,
    ],
    ['a prediction that is none', [0, 1], [0, Number.NaN], /predicted NaN/],
  ])('%s', (_, actual, predicted, message) => {
    expect(() => classificationReport(actual, predicted, ['a', 'b'])).toThrow(message);
  });
});
