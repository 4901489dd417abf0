import { readFileSync } from 'node:fs';
import { studentTQuantile } from '@fin/forecast';
import { allClose, parity } from '@fin/testkit';
import { describe, expect, it } from 'vitest';
import type { PairedKind } from '../../src/results/paired-interval.js';
import { pairedMean } from '../../src/results/paired-interval.js';

interface Oracle {
  cases: {
    kind: PairedKind;
    level: number;
    pairs: [number, number][];
    value: number;
    interval: [number, number];
  }[];
  quantiles: { probability: number; df: number; t: number }[];
}

const oracle = JSON.parse(
  readFileSync(new URL('../fixtures/paired-intervals.json', import.meta.url), 'utf8'),
) as Oracle;
const tolerance = parity('paired-intervals');

describe('pairedMean', () => {
  it.each(oracle.cases)('gives the interval of scipy: $kind of $pairs.length pairs at $level', (one) => {
    const { value, interval } = pairedMean(one.pairs, one.kind, one.level);
    allClose([value, ...interval!], [one.value, ...one.interval], tolerance);
  });

  it('has no interval for a single pair', () => {
    expect(pairedMean([[8, 2]], 'ratio', 0.95)).toEqual({ value: 4, interval: null });
    expect(pairedMean([[8, 2]], 'difference', 0.95)).toEqual({ value: -6, interval: null });
  });

  it('has an interval without width where all pairs agree', () => {
    const { value, interval } = pairedMean(
      [
        [9, 3],
        [9, 3],
      ],
      'difference',
      0.95,
    );
    expect([value, ...interval!]).toEqual([-6, -6, -6]);
  });
});

it.each(oracle.quantiles)(
  'studentTQuantile($probability, $df) is that of scipy',
  ({ probability, df, t }) => {
    allClose([studentTQuantile(probability, df)], [t], tolerance);
  },
);
