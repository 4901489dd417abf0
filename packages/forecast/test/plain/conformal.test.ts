import { describe, expect, it } from 'vitest';
import { ForecastInputError } from '../../src/errors.js';
import type { ForecastPoint } from '../../src/index.js';
import { conformalIntervals, forecastInterval } from '../../src/index.js';
import { normals } from './normals.js';

/** Forecasts of a random walk whose daily spread is given. */
function walk(seed: number, spreads: readonly number[]): ForecastPoint[] {
  const normal = normals(seed);
  const date = (day: number) => new Date(Date.UTC(2010, 0, 1 + day)).toISOString().slice(0, 10);
  let close = 1000;
  return spreads.map((spread, day) => {
    const lastClose = close;
    close *= Math.exp(spread * normal());
    return {
      decisionDate: date(day),
      targetDate: date(day + 1),
      lastClose,
      actual: close,
      predicted: lastClose,
    };
  });
}
const repeat = (n: number, spread: number) => new Array<number>(n).fill(spread);
const coverage = (points: readonly ForecastPoint[], n: number, method: 'split' | 'adaptive', level = 0.9) => {
  const days = conformalIntervals(points.slice(0, n), points.slice(n), { method, level });
  return days.filter(({ covered }) => covered).length / days.length;
};

describe('conformal intervals', () => {
  it('around a forecast without an outcome are those of the split method', () => {
    const points = walk(1, repeat(30, 0.01));
    const calibration = points.slice(0, 25);
    for (const [i, { interval }] of conformalIntervals(calibration, points.slice(25)).entries()) {
      expect(forecastInterval(calibration, points[25 + i].predicted)).toEqual(interval);
    }
    expect(forecastInterval(calibration.slice(0, 18), 1000)).toBeNull();
    expect(forecastInterval([], 1000)).toBeNull();
    expect(() => forecastInterval(calibration, 1000, { level: 1 })).toThrow(ForecastInputError);
  });

  it('split: take the error of the right rank, and have no bounds when there is none so large', () => {
    const points = walk(1, repeat(30, 0.01));
    const errors = points
      .slice(0, 19)
      .map(({ actual, predicted }) => Math.abs(Math.log(actual / predicted)))
      .sort((a, b) => a - b);
    const at = (level: number) => conformalIntervals(points.slice(0, 19), points.slice(19), { level })[0];
    const radius = ({ interval }: ReturnType<typeof at>) => Math.log(interval![1] / points[19].predicted);
    expect(radius(at(0.9))).toBeCloseTo(errors[17], 12); // 20 * 0.9 = 18th
    expect(radius(at(0.95))).toBeCloseTo(errors[18], 12);
    expect(at(0.96)).toMatchObject({ interval: null, covered: true });
  });

  it('cover what they promise when test days are like calibration days', () => {
    // 4000 test days: three standard deviations of the share are 0.015, and 0.012 for the 1000 calibration days
    const points = walk(2, repeat(5000, 0.01));
    expect(Math.abs(coverage(points, 1000, 'split') - 0.9)).toBeLessThan(0.03);
    expect(Math.abs(coverage(points, 1000, 'adaptive') - 0.9)).toBeLessThan(0.03);
  });

  it('adaptive: cover it also after the days have become twice as volatile; split does not', () => {
    const points = walk(3, [...repeat(250, 0.01), ...repeat(2000, 0.02)]);
    expect(coverage(points, 250, 'split')).toBeLessThan(0.7);
    expect(coverage(points, 250, 'adaptive')).toBeGreaterThan(0.88);
  });

  const [points, late] = [walk(4, repeat(20, 0.01)), walk(5, repeat(30, 0.01))];
  it.each([
    ['no calibration days', () => conformalIntervals([], points), /no calibration days/],
    ['a level in percent', () => conformalIntervals(points, [], { level: 90 }), /between 0 and 1/],
    ['a step of 0', () => conformalIntervals(points, [], { stepSize: 0 }), /stepSize 0/],
    [
      'test days before calibration days',
      () => conformalIntervals(late, points),
      /2010-01-01 was made before .*2010-01-31/,
    ],
    [
      'a forecast below 0',
      () => conformalIntervals(points, [{ ...late[25], predicted: -1 }]),
      /2010-01-27 is .* its forecast -1/,
    ],
  ])('refuse %s', (_, act, message) => {
    expect(act).toThrow(ForecastInputError);
    expect(act).toThrow(message);
  });
});
