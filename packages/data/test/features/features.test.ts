import { allClose } from '@fin/testkit';
import { table } from 'arquero';
import { describe, expect, it } from 'vitest';
import type { FeatureName } from '../../src/index.js';
import {
  DataInputError,
  defaultFeatures,
  featureNames,
  features,
  featureTable,
  syntheticMarket,
} from '../../src/index.js';

const market = syntheticMarket({ days: 40, headlinesPerDay: 1 });
const column = (name: string): number[] => Array.from(market.prices.array(name) as ArrayLike<number>);
const [open, high, low, close, volume] = ['open', 'high', 'low', 'close', 'volume'].map(column);
const t = 30;
const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
const sd = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, x) => sum + (x - mean(values)) ** 2, 0) / (values.length - 1));
const logReturns = close.slice(1).map((value, i) => Math.log(value / close[i]));

/** Each feature on row 30, written out by hand. */
const expected: Readonly<Record<FeatureName, number>> = {
  open: open[t],
  high: high[t],
  low: low[t],
  close: close[t],
  volume: volume[t],
  logReturn: Math.log(close[t]) - Math.log(close[t - 1]),
  overnightReturn: Math.log(open[t]) - Math.log(close[t - 1]),
  openToClose: Math.log(close[t]) - Math.log(open[t]),
  momentum5: Math.log(close[t]) - Math.log(close[t - 5]),
  averageDistance20: Math.log(close[t]) - Math.log(mean(close.slice(t - 19, t + 1))),
  range: Math.log(high[t]) - Math.log(low[t]),
  closePosition: (close[t] - low[t]) / (high[t] - low[t]),
  volatility10: sd(logReturns.slice(t - 10, t)),
  volatility20: sd(logReturns.slice(t - 20, t)),
  logVolumeChange: Math.log1p(volume[t]) - Math.log1p(volume[t - 1]),
  relativeVolume20: Math.log1p(volume[t]) - Math.log1p(mean(volume.slice(t - 20, t))),
  daysClosed: 0, // 2011-02-15, a Tuesday
};

describe('features', () => {
  const computed = featureTable(market, featureNames);

  it.each(featureNames)('%s has the value of its formula', (name) => {
    allClose([computed.get(name, t)], [expected[name]], { rtol: 1e-9, atol: 1e-12 });
  });

  it.each(featureNames)('%s has a value from its lookback on, and no sooner', (name) => {
    const values = Array.from(computed.array(name) as ArrayLike<number>);
    expect(values.findIndex(Number.isFinite)).toBe(features[name].lookback);
    expect(features[name].name).toBe(name);
  });

  it('counts closed days', () => {
    const days = Object.fromEntries(
      (computed.array('date') as string[]).map((date, i) => [date, computed.get('daysClosed', i)]),
    );
    expect([days['2011-01-10'], days['2011-01-18'], days['2011-01-19']]).toEqual([2, 3, 0]);
  });

  it('stays finite where nothing trades', () => {
    const flat = Array.from({ length: 25 }, () => 100);
    const prices = table({
      date: column('date').slice(0, 25),
      open: flat,
      high: flat,
      low: flat,
      close: flat,
      adjClose: flat,
      volume: flat.map(() => 0),
    });
    const row = featureTable({ prices }, featureNames).objects()[24] as Record<string, number>;
    expect(row).toMatchObject({
      closePosition: 0.5,
      range: 0,
      logVolumeChange: 0,
      relativeVolume20: 0,
      volatility20: 0,
    });
  });

  it('are there by default', () => {
    expect(featureTable(market).columnNames()).toEqual(['date', ...defaultFeatures]);
  });

  it('names what it cannot give', () => {
    expect(() => featureTable(market, ['rsi' as FeatureName])).toThrow(
      /^there is no feature "rsi"\. Choose among open, high, low, close, volume, logReturn,/,
    );
    expect(() => featureTable(market, ['range', 'range'])).toThrow(
      'the feature "range" is asked for twice. Name it once.',
    );
    expect(() => featureTable(market, [])).toThrow(DataInputError);
    const broken = { ...features.range, name: 'broken', compute: () => Number.NaN };
    expect(() => featureTable(market, [broken])).toThrow('the feature "broken" is NaN on 2011-01-03.');
  });
});
