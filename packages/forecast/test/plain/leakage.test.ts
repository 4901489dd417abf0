import type { Sample, Split } from '@fin/data';
import { makeSamples, StandardScaler, splitChronologically, splitNames, syntheticMarket } from '@fin/data';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DaySentiment, ForecastPoint } from '../../src/index.js';
import { BASELINE_NAMES, conformalIntervals, forecastBaselines, leadLag } from '../../src/index.js';
import { toneSentiment } from './tone-sentiment.js';

/**
 * The promise: change everything after the close of a day (closes, windows, sentiment), and no number that is known on that day
 * moves by one bit: baselines with their scalers, penalties and orders, prediction intervals, the lead-lag table.
 * Computations that leak, at the end, show that the test can fail.
 */
const split = splitChronologically(
  makeSamples(syntheticMarket({ start: '2013-08-01', days: 420 }), { window: 3 }),
);
const sentiment = toneSentiment(split);
const samples = splitNames.flatMap((name) => split[name]);
const firstCut = split.train.length;

const future = fc.record({
  /** Number of samples whose decision day is not after the cut. */
  cut: fc.integer({ min: firstCut + 1, max: samples.length - 1 }),
  factors: fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 8, maxLength: 8 }),
});
type Future = typeof future extends fc.Arbitrary<infer T> ? T : never;

/** The split and its sentiment with everything after sample `cut - 1`'s decision day changed. Its own outcome is after it. */
function withFuture({ cut, factors }: Future): {
  split: Split<Sample>;
  sentiment: Map<string, DaySentiment | null>;
} {
  const factor = (i: number) => factors[i % factors.length];
  const changedClose = (i: number) => samples[i].targetClose * factor(i);
  const changed = samples.map((sample, i): Sample => {
    if (i < cut - 1) return sample;
    const targetClose = changedClose(i);
    if (i === cut - 1) {
      return { ...sample, targetClose, targetLogReturn: Math.log(targetClose / sample.lastClose) };
    }
    const lastClose = changedClose(i - 1);
    return {
      ...sample,
      lastClose,
      targetClose,
      targetLogReturn: Math.log(targetClose / lastClose),
      window: sample.window.map((value, j) => value * factor(i + j)),
    };
  });
  const [train, validation] = [split.train.length, split.validation.length];
  return {
    split: {
      train: changed.slice(0, train),
      validation: changed.slice(train, train + validation),
      test: changed.slice(train + validation),
    },
    sentiment: new Map(
      [...sentiment].map(([date, value], i) => [
        date,
        i < cut ? value : i % 3 === 0 ? null : [factor(i), 0, 1],
      ]),
    ),
  };
}

const allForecasts = (data: ReturnType<typeof withFuture>) =>
  forecastBaselines(data.split, { sentiment: data.sentiment }).map(({ model, validation, test }) => ({
    model,
    forecasts: [...validation, ...test].map(({ predicted }) => predicted),
  }));

const points = (data: Split<Sample>): ForecastPoint[] =>
  splitNames.flatMap((name) =>
    data[name].map(({ targetClose, ...sample }) => ({
      ...sample,
      actual: targetClose,
      predicted: sample.lastClose * 1.001,
    })),
  );

describe('what is known on a day does not depend on later days', () => {
  const before = allForecasts({ split, sentiment });

  it('forecasts of every baseline', () => {
    expect(before.map(({ model }) => model)).toEqual(BASELINE_NAMES);
    fc.assert(
      fc.property(future, (drawn) => {
        const known = drawn.cut - firstCut;
        for (const [i, { model, forecasts }] of allForecasts(withFuture(drawn)).entries()) {
          expect(forecasts.slice(0, known), model).toEqual(before[i].forecasts.slice(0, known));
        }
      }),
      { numRuns: 12 },
    );
  });

  it('what a baseline learned: validation and test days change no forecast of a given day', () => {
    const day = split.test.slice(0, 1);
    const forecast = (validation: Sample[]) =>
      forecastBaselines({ train: split.train, validation, test: day }, { sentiment }).map(
        ({ test }) => test[0],
      );
    // persistence, drift, majority class and the ridges read the decision day alone
    const readsPast = new Set(['moving-average', 'ar', 'arima-1-1-1']);
    const [whole, none] = [forecast(split.validation), forecast([])];
    for (const [i, model] of BASELINE_NAMES.entries()) {
      if (!readsPast.has(model)) expect(none[i], model).toEqual(whole[i]);
    }
  });

  it.each(['split', 'adaptive'] as const)('prediction intervals, %s', (method) => {
    const intervals = (data: Split<Sample>, known: number) => {
      const all = points(data);
      const start = split.train.length + split.validation.length;
      return conformalIntervals(all.slice(firstCut, start), all.slice(start, known), { method }).map(
        ({ interval }) => interval,
      );
    };
    const start = split.train.length + split.validation.length;
    fc.assert(
      fc.property(future, (drawn) => {
        const cut = Math.max(drawn.cut, start + 1);
        const changed = withFuture({ ...drawn, cut }).split;
        const known = cut - start;
        const ours = intervals(split, samples.length).slice(0, known);
        expect(intervals(changed, samples.length).slice(0, known)).toEqual(ours);
        expect(intervals(split, cut)).toEqual(ours);
      }),
      { numRuns: 50 },
    );
  });

  it('a lead-lag table over the days until then', () => {
    const table = (data: ReturnType<typeof withFuture>, known: number) => {
      const days = splitNames.flatMap((name) => data.split[name]).slice(0, known);
      return leadLag({
        dates: days.map(({ decisionDate }) => decisionDate),
        sentiment: days.map(({ decisionDate }) => data.sentiment.get(decisionDate)?.[0] ?? null),
        closes: days.map(({ lastClose }) => lastClose),
      });
    };
    fc.assert(
      fc.property(future, (drawn) => {
        expect(table(withFuture(drawn), drawn.cut)).toEqual(table({ split, sentiment }, drawn.cut));
      }),
      { numRuns: 3 },
    );
  });
});

describe('the property finds a leak', () => {
  const drawn = { cut: firstCut + 20, factors: [0.9, 1.2, 0.8, 1.1, 1.3, 0.7, 1.4, 0.6] };

  it('in a scaler that is fitted on all days', () => {
    const scale = (data: Split<Sample>) =>
      new StandardScaler(1)
        .fit(splitNames.flatMap((name) => data[name].map(({ targetLogReturn }) => targetLogReturn)))
        .transform([samples[0].targetLogReturn]);
    expect(scale(withFuture(drawn).split)).not.toEqual(scale(split));
  });

  it('in a baseline that is fitted on the validation days as well', () => {
    const fitted = ({ split: data, sentiment: scores }: ReturnType<typeof withFuture>) =>
      forecastBaselines(
        { train: [...data.train, ...data.validation], validation: [], test: data.test },
        { sentiment: scores },
      ).map(({ test }) => test[0].predicted - test[0].lastClose);
    const [changed, original] = [fitted(withFuture(drawn)), fitted({ split, sentiment })];
    for (const [i, model] of BASELINE_NAMES.entries()) {
      if (model !== 'persistence') expect(changed[i], model).not.toEqual(original[i]);
    }
  });
});
