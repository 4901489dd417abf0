import { readFileSync } from 'node:fs';
import { allClose, parity } from '@fin/testkit';
import { describe, expect, it } from 'vitest';
import type { ConformalMethod } from '../../src/index.js';
import {
  bootstrapInterval,
  clarkWest,
  conformalIntervals,
  holm,
  optimalBlockLength,
  pesaranTimmermann,
} from '../../src/index.js';
import { normalTail } from '../../src/significance/normal-tail.js';

interface Bounds {
  mean: [number, number];
  deviation: [number, number];
}

interface Oracle {
  normalTail: { z: number; tail: number }[];
  clarkWest: {
    actual: number[];
    restricted: number[];
    unrestricted: number[];
    statistic: number;
    pValue: number;
  }[];
  pesaranTimmermann: { actual: number[]; forecast: number[]; statistic: number; pValue: number }[];
  holm: { pValues: number[]; adjusted: number[] }[];
  blockLength: { x: number[]; length: number }[];
  conformal: {
    actual: number[];
    predicted: number[];
    calibrationN: number;
    level: number;
    stepSize: number;
    radii: Record<ConformalMethod, (number | null)[]>;
  }[];
  bootstrap: {
    x: number[];
    y: number[];
    blockLength: number;
    level: number;
    mean: Bounds;
    correlation: Bounds;
  }[];
}

/** Made by tooling/oracle/forecast-statistics.py. */
const oracle = JSON.parse(
  readFileSync(new URL('../fixtures/statistics.json', import.meta.url), 'utf8'),
) as Oracle;
const tolerance = parity('forecast-tests');

const dateOf = (day: number) => new Date(Date.UTC(2016, 0, 1 + day)).toISOString().slice(0, 10);

describe('against scipy, statsmodels, arch and the formulas of the papers', () => {
  it('normal tail', () => {
    for (const { z, tail } of oracle.normalTail) allClose([normalTail(z)], [tail], { rtol: 1e-12, atol: 0 });
  });

  it('Clark-West', () => {
    for (const { actual, restricted, unrestricted, statistic, pValue } of oracle.clarkWest) {
      const result = clarkWest(actual, restricted, unrestricted);
      allClose([result.statistic!, result.pValue!], [statistic, pValue], tolerance);
    }
  });

  it('Pesaran-Timmermann', () => {
    for (const { actual, forecast, statistic, pValue } of oracle.pesaranTimmermann) {
      const result = pesaranTimmermann(
        actual.map((up) => up === 1),
        forecast.map((up) => up === 1),
      );
      allClose([result.statistic!, result.pValue!], [statistic, pValue], tolerance);
    }
  });

  it('Holm', () => {
    for (const { pValues, adjusted } of oracle.holm) allClose(holm(pValues) as number[], adjusted, tolerance);
  });

  it('block lengths', () => {
    for (const { x, length } of oracle.blockLength) {
      allClose([optimalBlockLength(x)], [Math.max(1, length)], tolerance);
    }
  });

  it('conformal intervals', () => {
    for (const { actual, predicted, calibrationN, level, stepSize, radii } of oracle.conformal) {
      const points = actual.map((close, day) => ({
        decisionDate: dateOf(day),
        targetDate: dateOf(day + 1),
        lastClose: predicted[day],
        actual: close,
        predicted: predicted[day],
      }));
      for (const method of ['split', 'adaptive'] as const) {
        const intervals = conformalIntervals(points.slice(0, calibrationN), points.slice(calibrationN), {
          level,
          method,
          stepSize,
        });
        const ours = intervals.map(({ interval }, i) =>
          interval === null ? -1 : Math.log(interval[1] / predicted[calibrationN + i]),
        );
        allClose(
          ours,
          radii[method].map((radius) => radius ?? -1),
          tolerance,
        );
      }
    }
  });

  it('bootstrap intervals, within four standard deviations of the random draws', () => {
    for (const { x, y, blockLength, level, mean, correlation } of oracle.bootstrap) {
      expect(optimalBlockLength(x)).toBeCloseTo(blockLength, 9);
      const within = (interval: readonly number[], { mean: centre, deviation }: Bounds) => {
        for (const [i, bound] of interval.entries()) {
          expect(Math.abs(bound - centre[i])).toBeLessThan(4 * deviation[i]);
        }
      };
      within(
        bootstrapInterval([x], ([own]) => own, { level }),
        mean,
      );
      const products = [x, y, x.map((v) => v * v), y.map((v) => v * v), x.map((v, i) => v * y[i])];
      const r = ([mx, my, mxx, myy, mxy]: readonly number[]) =>
        (mxy - mx * my) / Math.sqrt((mxx - mx * mx) * (myy - my * my));
      within(bootstrapInterval(products, r, { level, blockLength }), correlation);
    }
  });
});
