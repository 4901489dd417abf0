import { table } from 'arquero';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Feature, Market, Sample } from '../../src/index.js';
import {
  distinctRows,
  featureNames,
  features,
  featureTable,
  latestInput,
  makeMarket,
  makeSamples,
  StandardScaler,
  splitChronologically,
  syntheticMarket,
  walkForward,
} from '../../src/index.js';

/**
 * The promise: change anything after the close of day t (prices, headlines, labels; whole days gone or made up), and
 * nothing computed for days up to t moves by one bit. It is held over every feature of the registry, over samples,
 * splits, folds and fitted scalers. Leaking features at the end show that the test can fail.
 */
const everyFeature: readonly Feature[] = Object.values(features);
const original = syntheticMarket({ days: 60, headlinesPerDay: 3, seed: 3 });
const dates = original.prices.array('date') as string[];
const FIRST_CUT = 35;

interface PriceRow {
  date: string;
  open: number;
  high: number;
  low: number;
  close: number;
  adjClose: number;
  volume: number;
}
interface NewsRow {
  date: string;
  rank: number;
  text: string;
}

/** What happens to one day after the cut. */
interface Change {
  readonly dropPrice: boolean;
  readonly dropNews: boolean;
  readonly factors: readonly number[];
  readonly texts: readonly string[];
  readonly label: number;
}

const change: fc.Arbitrary<Change> = fc.record({
  dropPrice: fc.boolean(),
  dropNews: fc.boolean(),
  factors: fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 6, maxLength: 6 }),
  texts: fc.array(fc.string(), { maxLength: 4 }),
  label: fc.constantFrom(0, 1),
});
const future = fc.record({
  cut: fc.integer({ min: FIRST_CUT, max: dates.length - 2 }),
  changes: fc.array(change, { minLength: dates.length, maxLength: dates.length }),
});
type Future = typeof future extends fc.Arbitrary<infer T> ? T : never;

/** The market with everything after day `cut` changed. */
function withFuture({ cut, changes }: Future): Market {
  const until = dates[cut];
  const of = (date: string): Change => changes[dates.indexOf(date)];
  const prices = (original.prices.objects() as PriceRow[])
    .filter(({ date }) => date <= until || !of(date).dropPrice)
    .map((row): PriceRow => {
      if (row.date <= until) return row;
      const [open, high, low, close, adjClose, volume] = of(row.date).factors;
      return {
        date: row.date,
        open: row.open * open,
        high: row.high * high,
        low: row.low * low,
        close: row.close * close,
        adjClose: row.adjClose * adjClose,
        volume: row.volume * volume,
      };
    });
  const past = (original.headlines.objects() as NewsRow[]).filter(({ date }) => date <= until);
  const later = dates
    .filter((date) => date > until && !of(date).dropNews)
    .flatMap((date) => of(date).texts.map((text, i): NewsRow => ({ date, rank: i + 1, text })));
  const labels = (original.labels.objects() as { date: string; label: number }[])
    .filter(({ date }) => date <= until || !of(date).dropNews)
    .map(({ date, label }) => ({ date, label: date <= until ? label : of(date).label }));
  return makeMarket({
    ...original,
    prices: columnar(prices, ['date', 'open', 'high', 'low', 'close', 'adjClose', 'volume']),
    headlines: columnar([...past, ...later], ['date', 'rank', 'text']),
    labels: columnar(labels, ['date', 'label']),
  });
}

function columnar<Row extends object>(
  rows: readonly Row[],
  names: readonly (keyof Row & string)[],
): Market['prices'] {
  return table(
    Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])])) as Record<string, []>,
  );
}

/** Everything computed for days up to `until`, as text that differs when one bit does. */
function knownBy(market: Market, until: string, wanted: readonly Feature[]): string {
  const known: Record<string, unknown> = {};
  const tableOfFeatures = featureTable(market, wanted);
  const rows = (tableOfFeatures.array('date') as string[]).filter((date) => date <= until).length;
  for (const { name } of wanted) known[name] = tableOfFeatures.array(name).slice(0, rows);

  const options = { window: 5, features: wanted };
  const samples = makeSamples(market, options);
  const decided = [...samples, latestInput(market, options)].filter(
    ({ decisionDate }) => decisionDate <= until,
  );
  known.inputs = uniqueByDay(decided).map(({ decisionDate, window, windowDates, headlines, lastClose }) => {
    return { decisionDate, window, windowDates, headlines, lastClose };
  });
  const finished = samples.filter(({ targetDate }) => targetDate <= until);
  known.samples = finished;

  const split = splitChronologically(finished, {
    trainEnd: dates[FIRST_CUT - 6],
    validationEnd: dates[FIRST_CUT - 3],
  });
  known.split = split;
  const width = wanted.length;
  known.scalers = [StandardScaler].map((Scaler) => {
    const scaler = new Scaler(width).fit(distinctRows(split.train));
    return [scaler.toJSON(), scaler.transform(distinctRows(split.test))];
  });
  known.folds = walkForward(finished, { trainSize: 4, validationSize: 2, testSize: 2, purge: 1, embargo: 1 });
  return JSON.stringify(known, bits);
}

function uniqueByDay<T extends { decisionDate: string }>(inputs: readonly T[]): T[] {
  return [...new Map(inputs.map((input) => [input.decisionDate, input])).values()];
}

function bits(_key: string, value: unknown): unknown {
  if (typeof value === 'number') return hex(Float64Array.of(value));
  return value instanceof Float64Array ? hex(value) : value;
}

const hex = (values: Float64Array): string =>
  Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');

const holds = (wanted: readonly Feature[], numRuns: number): fc.RunDetails<[Future]> =>
  fc.check(
    fc.property(future, (drawn) => {
      const until = dates[drawn.cut];
      return knownBy(withFuture(drawn), until, wanted) === knownBy(original, until, wanted);
    }),
    { numRuns, endOnFailure: true },
  );

describe('nothing computed for days up to t depends on anything after t', () => {
  it('holds for every feature there is, with samples, splits, folds and scalers', () => {
    const { failed, counterexample, numRuns } = holds(everyFeature, 100);
    expect(failed, JSON.stringify(counterexample)).toBe(false);
    expect(numRuns).toBe(100);
    expect(everyFeature.map(({ name }) => name)).toEqual([...featureNames]);
  });

  it('fails for features that leak, each in its own way', () => {
    const leak = (name: string, compute: Feature['compute']): Feature => ({
      name,
      description: 'leaks',
      knownFrom: 'close',
      lookback: 0,
      compute,
    });
    const whole = (values: Float64Array): Float64Array => new Float64Array(values.buffer);
    const leaks = [
      leak('the next close', ({ close }) => whole(close)[close.length] ?? 0),
      leak('scaled by the maximum of all days', ({ close }) => close.at(-1)! / Math.max(...whole(close))),
      leak('days to the end', ({ close }) => whole(close).length - close.length),
    ];
    for (const one of leaks) expect(holds([one], 20).failed, one.name).toBe(true);
  });

  it('fails for a sample that would take headlines of the day after', () => {
    const drawn = fc.sample(future, { numRuns: 1, seed: 1 })[0];
    const changed = makeSamples(withFuture(drawn));
    const before = makeSamples(original);
    const headlinesAfter = (samples: readonly Sample[]): string =>
      JSON.stringify(samples.find(({ decisionDate }) => decisionDate > dates[drawn.cut])?.headlines);
    expect(headlinesAfter(changed)).not.toBe(headlinesAfter(before));
  });
});

describe('a feature known from the open', () => {
  const fromOpen = everyFeature.filter(({ knownFrom }) => knownFrom === 'open');
  const sameDay = fc.record({
    row: fc.integer({ min: 25, max: dates.length - 1 }),
    factor: fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
  });
  const moves = (feature: Feature, row: number, factor: number): boolean => {
    const after = (original.prices.objects() as PriceRow[]).map((prices, i): PriceRow => {
      if (i < row) return prices;
      const { date, open, high, low, close, adjClose, volume } = prices;
      const changed = {
        high: high * factor,
        low: low / factor,
        close: close * factor,
        adjClose: adjClose * factor,
      };
      return { date, open, ...changed, volume: volume * factor + 1 };
    });
    const prices = columnar(after, ['date', 'open', 'high', 'low', 'close', 'adjClose', 'volume']);
    const value = (market: Pick<Market, 'prices'>): unknown =>
      featureTable(market, [feature]).get(feature.name, row);
    return !Object.is(value({ prices }), value(original));
  };

  it.each(fromOpen.map((feature) => [feature.name, feature] as const))(
    '%s: no later price of its day moves it',
    (_name, feature) => {
      fc.assert(fc.property(sameDay, ({ row, factor }) => !moves(feature, row, factor)));
    },
  );

  it('is not the close', () => {
    expect(moves(features.close, 30, 1.1)).toBe(true);
  });
});
