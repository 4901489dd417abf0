import { expect, it } from 'vitest';
import { quantile } from '../../src/measure/infer-job.js';

it('interpolates between neighbours, as numpy', () => {
  expect(quantile([3], 0.95)).toBe(3);
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([1, 2, 3, 4, 5], 0.95)).toBeCloseTo(4.8, 12); // numpy.quantile
});
