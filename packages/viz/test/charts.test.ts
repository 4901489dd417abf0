import type { TopLevelSpec } from 'vega-lite';
import { compile } from 'vega-lite';
import { describe, expect, it } from 'vitest';
import {
  cumulativeGain,
  learningCurve,
  predictedVsActual,
  renderSvg,
  sentimentVsClose,
  VizInputError,
} from '../src/index.js';
import { epochRows, forecastRows, sentimentRows } from './sample-data.js';

const marks = [{ date: '2015-02-02', label: 'test <b>' }];

const charts: { name: string; spec: TopLevelSpec; texts: string[]; lines: number }[] = [
  {
    name: 'predictedVsActual',
    spec: predictedVsActual(forecastRows(60)),
    texts: ['Forecast and actual close', 'Actual', 'Forecast', 'Change from the previous close', 'Jan 2015'],
    lines: 3,
  },
  {
    name: 'cumulativeGain',
    spec: cumulativeGain(forecastRows(60)),
    texts: ['Gain over persistence', 'Error saved, index points'],
    lines: 1,
  },
  {
    name: 'sentimentVsClose',
    spec: sentimentVsClose(sentimentRows(60), { marks }),
    texts: ['Headline sentiment and close', 'Daily', '20-day mean', 'test &lt;b&gt;'],
    lines: 3,
  },
  {
    name: 'learningCurve',
    spec: learningCurve(epochRows),
    texts: ['Learning curve', 'Training', 'Validation', 'best: epoch 2', 'Epoch'],
    lines: 2,
  },
];

/** Paths of line marks with at least two points. */
const lineCount = (svg: string) =>
  [...svg.matchAll(/mark-line[^>]*>(?:<path[^>]* d="M[^"]*L[^"]*"[^>]*\/?>)/g)].length;

describe.each(charts)('$name', ({ spec, texts, lines }) => {
  it('is plain data that Vega-Lite compiles without a warning', () => {
    expect(structuredClone(spec)).toEqual(spec);
    const warnings: unknown[] = [];
    const logger = {
      level: () => logger,
      warn: (...args: readonly unknown[]) => {
        warnings.push(...args);
        return logger;
      },
      info: () => logger,
      debug: () => logger,
      error: (...args: readonly unknown[]) => {
        warnings.push(...args);
        return logger;
      },
    };
    compile(spec, { logger: logger as never });
    expect(warnings).toEqual([]);
  });

  it('draws its lines and says what they are', async () => {
    const svg = await renderSvg(spec);
    for (const text of texts) expect(svg).toContain(`>${text}<`);
    expect(lineCount(svg)).toBe(lines);
    expect(svg).not.toMatch(/NaN|undefined|<script|<b>/);
  });
});

describe('width', () => {
  it.each([
    ['predictedVsActual', predictedVsActual(forecastRows(400), { width: 290, title: null })],
    ['cumulativeGain', cumulativeGain(forecastRows(400), { width: 290, title: null })],
    ['sentimentVsClose', sentimentVsClose(sentimentRows(400), { width: 290, title: null })],
    ['learningCurve', learningCurve(epochRows, { width: 290, title: null })],
  ])('%s with a plot of 290 px fits into 390 px', async (_, spec) => {
    const svg = await renderSvg(spec);
    expect(Number(/ width="(\d+)"/.exec(svg)?.[1])).toBeLessThanOrEqual(390);
  });
});

it('labels of marks close together step down, those with room do not', async () => {
  const near = [
    { date: '2015-02-02', label: 'validation' },
    { date: '2015-02-04', label: 'test' },
  ];
  const heights = async (width: number) => {
    const svg = await renderSvg(sentimentVsClose(sentimentRows(60), { marks: near, width }));
    return near.map(
      ({ label }) => new RegExp(`translate\\([\\d.]+,([\\d.]+)\\)[^>]*>${label}<`).exec(svg)?.[1],
    );
  };
  const [first, second] = await heights(300);
  expect(Number(second) - Number(first)).toBe(14);
  const [wideFirst, wideSecond] = await heights(6000);
  expect(wideSecond).toBe(wideFirst);
});

describe('small data', () => {
  it('draws a single day, a single epoch, and epochs without validation', async () => {
    expect(await renderSvg(predictedVsActual(forecastRows(1)))).toContain('<svg');
    expect(await renderSvg(cumulativeGain(forecastRows(1)))).toContain('<svg');
    expect(await renderSvg(sentimentVsClose(sentimentRows(1)))).toContain('<svg');
    const one = await renderSvg(learningCurve([{ epoch: 1, trainLoss: 1, validationLoss: null }]));
    expect(one).toContain('>Training<');
    expect(one).not.toContain('>Validation<');
  });

  it('skips epochs that were not validated', async () => {
    const rows = epochRows.map((row, i) => (i === 1 ? { ...row, validationLoss: null } : row));
    expect(await renderSvg(learningCurve(rows))).toContain('best: epoch 3');
  });
});

describe('what cannot be drawn', () => {
  const [a, b] = forecastRows(2);
  it.each([
    ['no forecasts', () => predictedVsActual([]), /predictedVsActual: there is no data/],
    [
      'a NaN forecast',
      () => predictedVsActual([a, { ...b, predicted: Number.NaN }]),
      /predicted of row 1 is NaN/,
    ],
    ['descending days', () => predictedVsActual([b, a]), /sort by date/],
    ['a repeated day', () => cumulativeGain([a, a]), /one row a day/],
    [
      'a date in another notation',
      () => predictedVsActual([{ ...a, targetDate: '01/02/2015' }]),
      /2015-01-31/,
    ],
    ['a date that does not exist', () => cumulativeGain([{ ...a, targetDate: '2015-02-30' }]), /2015-02-30/],
    ['an infinite error', () => cumulativeGain([{ ...a, actual: Infinity }]), /finite/],
    ['no days', () => sentimentVsClose([]), /no data/],
    [
      'a missing sentiment',
      () => sentimentVsClose([{ date: '2015-01-02', close: 1, sentiment: Number.NaN }]),
      /NaN/,
    ],
    ['no epochs', () => learningCurve([]), /no data/],
    [
      'a diverged loss',
      () => learningCurve([{ epoch: 1, trainLoss: Infinity, validationLoss: null }]),
      /trainLoss/,
    ],
    ['epochs out of order', () => learningCurve([...epochRows].reverse()), /sort by epoch/],
  ])('is refused: %s', (_, draw, message) => {
    expect(draw).toThrow(VizInputError);
    expect(draw).toThrow(message);
  });
});
