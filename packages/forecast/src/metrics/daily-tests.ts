import { clarkWestOf, clarkWestTerms } from '../significance/clark-west.js';
import { lossOf, testLossDifferences } from '../significance/diebold-mariano.js';
import { pesaranTimmermann } from '../significance/pesaran-timmermann.js';
import type { Seeds } from './daily.js';
import { dailyMean } from './daily.js';
import type { DieboldMarianoSummary, ForecastPoint, TestSummary } from './metrics-row.js';

/** Diebold-Mariano test of daily losses, averaged over the seeds of each side. */
export function lossTest(
  a: Seeds,
  b: Seeds,
  loss: DieboldMarianoSummary['loss'],
  notes: string[],
): DieboldMarianoSummary | null {
  const cost = lossOf(loss);
  const daily = (point: ForecastPoint) => cost(point.actual - point.predicted);
  const losses = dailyMean(b, daily);
  const { statistic, pValue, note } = testLossDifferences(
    dailyMean(a, daily).map((own, i) => own - losses[i]),
  );
  if (note) notes.push(`Diebold-Mariano test: ${note}`);
  return statistic === null || pValue === null ? null : { statistic, pValue, loss };
}

/** Clark-West test that `larger` is no better than `smaller`, which is nested in it. */
export function nestedTest(larger: Seeds, smaller: Seeds, notes: string[]): TestSummary | null {
  const pairs = larger.flatMap((own) =>
    smaller.map((other) =>
      clarkWestTerms(
        own.map(({ actual }) => actual),
        other.map(({ predicted }) => predicted),
        own.map(({ predicted }) => predicted),
      ),
    ),
  );
  const terms = pairs[0].map((_, day) => pairs.reduce((sum, pair) => sum + pair[day], 0) / pairs.length);
  const { statistic, pValue, note } = clarkWestOf(terms);
  if (note) notes.push(`Clark-West test: ${note}`);
  return statistic === null || pValue === null ? null : { statistic, pValue };
}

/** Pesaran-Timmermann test of the mean forecast, without days on which it names no direction. */
export function directionTest(seeds: Seeds, notes: string[]): TestSummary | null {
  const forecasts = dailyMean(seeds, (point) => point.predicted);
  const named = seeds[0].flatMap((point, day) =>
    forecasts[day] === point.lastClose ? [] : [{ ...point, predicted: forecasts[day] }],
  );
  if (named.length === 0) return null;
  const { statistic, pValue, note } = pesaranTimmermann(
    named.map(({ actual, lastClose }) => actual >= lastClose),
    named.map(({ predicted, lastClose }) => predicted > lastClose),
  );
  if (note) notes.push(`Pesaran-Timmermann test: ${note}`);
  return statistic === null || pValue === null ? null : { statistic, pValue };
}
