import { ForecastInputError } from '../errors.js';
import type { ForecastPoint } from './metrics-row.js';

/**
 * Forecasts of one model for the same days from several seeds. Seeds see the same days, so they are no independent samples: every
 * test takes daily values that are averaged over the seeds first, and its n is the number of days.
 */
export type Seeds = readonly (readonly ForecastPoint[])[];

/** @throws ForecastInputError unless every seed has the same days with the same outcomes, and at least one */
export function checkSeeds(model: string, seeds: Seeds): void {
  const [first, ...others] = seeds;
  if (first === undefined || first.length === 0) {
    throw new ForecastInputError(`${model}: no forecasts to evaluate; is the split empty?`);
  }
  for (const other of others) checkSameDays(model, first, `${model} with another seed`, other);
}

/** @throws ForecastInputError unless both have the same days with the same closes */
export function checkSameDays(
  nameA: string,
  a: readonly ForecastPoint[],
  nameB: string,
  b: readonly ForecastPoint[],
): void {
  const day = firstDifferentDay(a, b);
  if (day === null) return;
  throw new ForecastInputError(
    `${nameA} and ${nameB} do not forecast the same days and closes: they differ at ${day}`,
  );
}

/** First target date at which two series have another day or other closes; null when there is none. */
export function firstDifferentDay(a: readonly ForecastPoint[], b: readonly ForecastPoint[]): string | null {
  const longer = a.length >= b.length ? a : b;
  const day = longer.findIndex((_, i) => {
    const [one, other] = [a[i], b[i]];
    return (
      one?.targetDate !== other?.targetDate ||
      one.lastClose !== other.lastClose ||
      one.actual !== other.actual
    );
  });
  return day < 0 ? null : longer[day].targetDate;
}

/** A daily value, averaged over the seeds. */
export function dailyMean(seeds: Seeds, value: (point: ForecastPoint) => number): Float64Array {
  return Float64Array.from(
    seeds[0],
    (_, day) => seeds.reduce((sum, points) => sum + value(points[day]), 0) / seeds.length,
  );
}
