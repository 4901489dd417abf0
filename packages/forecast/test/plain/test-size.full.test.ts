import type { Sample, Split } from '@fin/data';
import { makeSamples, StandardScaler, splitChronologically, syntheticMarket } from '@fin/data';
import { beforeAll, describe, expect, it } from 'vitest';
import { fitRidge } from '../../src/baselines/ridge.js';
import type { DaySentiment } from '../../src/index.js';
import { bootstrapInterval, clarkWest, dieboldMariano, leadLag, pesaranTimmermann } from '../../src/index.js';
import { normals } from './normals.js';
import { toneSentiment } from './tone-sentiment.js';

/**
 * The size of the tests: over synthetic markets in which headlines tell nothing, a test at level 5 % is to reject in 5 % of the
 * markets. Models are ridge regressions with a fixed penalty, so that they forecast something also where there is nothing to find.
 */
const MARKETS = 200;
const LEVELS = [0.05, 0.1] as const;

/**
 * Counts that a test of exactly its nominal size leaves with probability 0.001 each way (binomial, n = 200), stated before
 * counting: scipy.stats.binom.ppf([0.001, 0.999], 200, level).
 */
const BOUNDS = { 0.05: [2, 21], 0.1: [8, 34] } as const;

const PENALTY = 10;
const WINDOW = 3;

interface Market {
  readonly split: Split<Sample>;
  readonly sentiment: ReadonlyMap<string, DaySentiment | null>;
}

function makeTestMarket(seed: number, signal: number): Market {
  const market = syntheticMarket({ start: '2012-01-03', days: 1005, headlinesPerDay: 6, signal, seed });
  const split = splitChronologically(makeSamples(market, { window: WINDOW }));
  return { split, sentiment: toneSentiment(split) };
}

/** Forecasts of the test days' closes by ridge regression on price features, and on a sentiment if given. */
function ridgeForecasts({ train, test }: Split<Sample>, sentiment?: Market['sentiment']): number[] {
  const columns = ({ window, decisionDate }: Sample) => [
    ...window,
    ...(sentiment === undefined ? [] : [sentiment.get(decisionDate)?.[0] ?? 0.5]),
  ];
  const rows = train.map(columns);
  const scaler = new StandardScaler(rows[0].length).fit(rows.flat());
  const { intercept, coefficients } = fitRidge(
    rows.map((row) => scaler.transform(row)),
    train.map(({ targetLogReturn }) => targetLogReturn),
    [PENALTY],
  );
  return test.map((day) => {
    const row = scaler.transform(columns(day));
    return day.lastClose * Math.exp(coefficients.reduce((sum, value, i) => sum + value * row[i], intercept));
  });
}

/** P-values of one market, by test; of the interval, the smaller of the levels at which it excludes 0. */
function pValues(own: Market, other: Market) {
  const { split, sentiment } = own;
  const { train, test } = split;
  const actual = test.map(({ targetClose }) => targetClose);
  const errors = (forecasts: readonly number[]) => actual.map((close, i) => close - forecasts[i]);
  const meanReturn = train.reduce((sum, { targetLogReturn }) => sum + targetLogReturn, 0) / train.length;
  const drift = test.map(({ lastClose }) => lastClose * Math.exp(meanReturn));
  const persistence = test.map(({ lastClose }) => lastClose);
  const ridge = ridgeForecasts(split);
  const withNews = ridgeForecasts(split, sentiment);
  const withOtherNews = ridgeForecasts(split, other.sentiment);
  const losses = [withNews, withOtherNews].map((forecasts) => errors(forecasts).map((error) => error ** 2));
  const difference = losses[0].map((loss, i) => loss - losses[1][i]);
  const excludesZero = (level: number) => {
    const [low, high] = bootstrapInterval([difference], ([mean]) => mean, {
      level: 1 - level,
      replications: 500,
    });
    return low > 0 || high < 0;
  };
  return {
    // The two are the same model with news of this market and of another one: neither has an advantage.
    'Diebold-Mariano, two-sided': dieboldMariano(errors(withNews), errors(withOtherNews)).pValue!,
    'Diebold-Mariano against persistence, for better': dieboldMariano(errors(withNews), errors(persistence), {
      alternative: 'less',
    }).pValue!,
    'Clark-West, ridge with news against ridge': clarkWest(actual, ridge, withNews).pValue!,
    'Clark-West, ridge with news against drift': clarkWest(actual, drift, withNews).pValue!,
    'Pesaran-Timmermann': pesaranTimmermann(
      test.map(({ targetClose, lastClose }) => targetClose >= lastClose),
      withNews.map((forecast, i) => forecast > test[i].lastClose),
    ).pValue!,
    'bootstrap interval of the difference': LEVELS.find(excludesZero) ?? 1,
  };
}

type TestName = keyof ReturnType<typeof pValues>;

function rejections(signal: number, markets: number): Record<TestName, Record<0.05 | 0.1, number>> {
  const made = Array.from({ length: markets + 1 }, (_, seed) => makeTestMarket(1000 + seed, signal));
  const results = made.slice(1).map((market, i) => pValues(market, made[i]));
  const names = Object.keys(results[0]) as TestName[];
  return Object.fromEntries(
    names.map((name) => [
      name,
      Object.fromEntries(LEVELS.map((level) => [level, results.filter((p) => p[name] <= level).length])),
    ]),
  ) as Record<TestName, Record<0.05 | 0.1, number>>;
}

describe(`without a signal in ${MARKETS} markets`, () => {
  let counts: ReturnType<typeof rejections>;
  beforeAll(() => {
    counts = rejections(0, MARKETS);
    console.log('rejections without a signal', JSON.stringify(counts, null, 1));
  }, 600_000);

  it.each<TestName>([
    'Diebold-Mariano, two-sided',
    'Clark-West, ridge with news against ridge',
    'Clark-West, ridge with news against drift',
    'Pesaran-Timmermann',
    'bootstrap interval of the difference',
  ])('%s: rejects at its nominal rate', (name) => {
    for (const level of LEVELS) {
      const [low, high] = BOUNDS[level];
      expect(counts[name][level], `at ${level}`).toBeGreaterThanOrEqual(low);
      expect(counts[name][level], `at ${level}`).toBeLessThanOrEqual(high);
    }
  });

  it('a larger model seems better than persistence by Diebold-Mariano no more often than that', () => {
    for (const level of LEVELS) {
      expect(counts['Diebold-Mariano against persistence, for better'][level]).toBeLessThanOrEqual(
        BOUNDS[level][1],
      );
    }
  });
});

it('with a signal of 0.01 every test rejects in each of 40 markets', () => {
  const counts = rejections(0.01, 40);
  console.log('rejections with a signal', JSON.stringify(counts, null, 1));
  for (const [name, byLevel] of Object.entries(counts)) expect(byLevel[0.05], name).toBe(40);
}, 600_000);

it(`the lead-lag table finds a relation in at most 5 % of ${MARKETS} markets without one, though sentiment depends on the day before`, () => {
  const found = Array.from({ length: MARKETS }, (_, seed) => {
    const normal = normals(seed);
    const sentiment = [normal()];
    const closes = [1000];
    for (let day = 1; day < 260; day++) {
      sentiment.push(0.6 * sentiment[day - 1] + normal());
      closes.push(closes[day - 1] * Math.exp(0.01 * normal()));
    }
    const dates = closes.map((_close, day) =>
      new Date(Date.UTC(2010, 0, 1 + day)).toISOString().slice(0, 10),
    );
    return leadLag({ dates, sentiment, closes })!.rows.some(({ adjustedPValue }) => adjustedPValue! < 0.05);
  }).filter((any) => any).length;
  console.log('markets without a relation in which the lead-lag table finds one:', found);
  expect(found).toBeGreaterThanOrEqual(BOUNDS[0.05][0]);
  expect(found).toBeLessThanOrEqual(BOUNDS[0.05][1]);
}, 600_000);
