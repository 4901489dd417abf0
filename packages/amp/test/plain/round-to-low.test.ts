import fc from 'fast-check';
import { expect, it } from 'vitest';
import { roundToLow } from '../../src/emulation/round-to-low.js';

const one = (value: number, dtype: 'bfloat16' | 'float16') => roundToLow(Float32Array.of(value), dtype)[0];

it('rounds to the nearest, ties to even', () => {
  expect([1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -20].map((x) => one(x, 'bfloat16'))).toEqual([
    1,
    1 + 2 ** -6,
    1 + 2 ** -7,
  ]);
  expect([1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519, 65520, 2 ** -25].map((x) => one(x, 'float16'))).toEqual([
    1,
    1 + 2 ** -9,
    65504,
    Number.POSITIVE_INFINITY,
    0,
  ]);
  expect(one(Number.NaN, 'bfloat16')).toBeNaN();
  expect(one(3e38, 'bfloat16')).toBeCloseTo(3e38, -36);
});

it.each([
  ['bfloat16', 2 ** -8],
  ['float16', 2 ** -11],
] as const)('is at most half a step of %s away, and stays when done again', (dtype, step) => {
  fc.assert(
    fc.property(fc.float({ min: Math.fround(1e-4), max: 60000, noNaN: true }), (value) => {
      const rounded = one(value, dtype);
      expect(Math.abs(rounded - value)).toBeLessThanOrEqual(value * step);
      expect(one(rounded, dtype)).toBe(rounded);
      expect(one(-value, dtype)).toBe(-rounded);
    }),
  );
});
