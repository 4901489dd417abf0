import { tableFromArrays } from '@uwdata/flechette';
import { escape as rowFunction, table } from 'arquero';
import type { TopLevelSpec } from 'vega-lite';
import { compile } from 'vega-lite';
import { describe, expect, it } from 'vitest';
import type { ForecastRow } from '../src/index.js';
import {
  confusionMatrix,
  coverage,
  cumulativeGain,
  dotInterval,
  latencyByBatch,
  leadLag,
  learningCurve,
  memoryTimeline,
  opBreakdown,
  predictedVsActual,
  predictionBand,
  renderSvg,
  sentimentVsClose,
  trainingCurves,
  VizInputError,
  variantBars,
  walkForwardFolds,
} from '../src/index.js';
import {
  bandRows,
  confusion,
  coverageRows,
  epochRows,
  folds,
  forecastRows,
  intervalRows,
  latencyRows,
  leadLagRows,
  memoryRows,
  profiles,
  sentimentRows,
  variantMetrics,
} from './sample-data.js';

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
  {
    name: 'trainingCurves',
    spec: trainingCurves([
      { name: 'full', epochs: epochRows },
      { name: 'LoRA', epochs: epochRows },
    ]),
    texts: ['Training curves', 'Training loss', 'Validation loss', 'full', 'LoRA'],
    lines: 4,
  },
  {
    name: 'predictionBand',
    spec: predictionBand(bandRows(60), { level: 0.9 }),
    texts: ['Prediction intervals', '90 % interval', 'Actual change', 'Outside'],
    lines: 0,
  },
  {
    name: 'coverage',
    spec: coverage(coverageRows),
    texts: ['Days inside the interval', 'split conformal', 'adaptive', 'Nominal level'],
    lines: 2,
  },
  {
    name: 'dotInterval',
    spec: dotInterval(intervalRows, { quantity: 'RMSE difference', reference: 0 }),
    texts: ['RMSE difference', 'price-only', 'fused'],
    lines: 0,
  },
  { name: 'leadLag', spec: leadLag(leadLagRows), texts: ['Correlation', '−5', '0', '+5'], lines: 0 },
  {
    name: 'walkForwardFolds',
    spec: walkForwardFolds(folds),
    texts: ['Fold', 'Training', 'Test', '2'],
    lines: 0,
  },
  {
    name: 'confusionMatrix',
    spec: confusionMatrix(confusion),
    texts: ['Confusion matrix', '110 (79 %)', 'neutral', 'Predicted class'],
    lines: 0,
  },
  {
    name: 'variantBars',
    spec: variantBars(variantMetrics),
    texts: ['Checkpoint, MB', '91', '0.3  × 0.0033', '2,400'],
    lines: 0,
  },
  {
    name: 'opBreakdown',
    spec: opBreakdown(profiles, { top: 2 }),
    texts: ['MatMul', 'other ops', 'after'],
    lines: 0,
  },
  {
    name: 'memoryTimeline',
    spec: memoryTimeline(memoryRows),
    texts: ['Memory, MB', 'weights', 'Time, ms'],
    lines: 0,
  },
  { name: 'latencyByBatch', spec: latencyByBatch(latencyRows), texts: ['full', 'LoRA', '32'], lines: 2 },
];

describe('names that would end a string of an expression', () => {
  const name = 'a\'b"\\\u2028c';
  const epochs = [1, 2].map((epoch) => ({ epoch, trainLoss: 1 / epoch, validationLoss: 1 }));
  it.each([
    ['opBreakdown', opBreakdown([{ name, ops: [{ op: name, ms: 1 }] }])],
    ['variantBars', variantBars([{ metric: name, variant: name, value: 1 }])],
    ['memoryTimeline', memoryTimeline([0, 1].map((ms) => ({ ms, category: name, bytes: 1 })))],
    [
      'latencyByBatch',
      latencyByBatch([1, 8].map((batchSize) => ({ variant: name, batchSize, p50: 1, p95: 2 }))),
    ],
    ['trainingCurves', trainingCurves([{ name, epochs }])],
    ['dotInterval', dotInterval([{ name, value: 1, low: 0, high: 2 }], { quantity: name, reference: 0 })],
    [
      'confusionMatrix',
      confusionMatrix({
        labels: [name, 'b'],
        confusion: [
          [1, 2],
          [3, 4],
        ],
      }),
    ],
  ])('are drawn by %s', async (_, spec) => {
    await expect(renderSvg(spec)).resolves.toContain('<svg');
  });
});

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
    ['predictionBand', predictionBand(bandRows(400), { width: 290, title: null, level: 0.9 })],
    ['coverage', coverage(coverageRows, { width: 290, title: null })],
    ['leadLag', leadLag(leadLagRows, { width: 290, title: null })],
    ['walkForwardFolds', walkForwardFolds(folds, { width: 290, title: null })],
    ['confusionMatrix', confusionMatrix(confusion, { width: 290, title: null })],
    ['variantBars', variantBars(variantMetrics, { width: 290, title: null })],
    ['opBreakdown', opBreakdown(profiles, { width: 290, title: null })],
    ['memoryTimeline', memoryTimeline(memoryRows, { width: 290, title: null })],
    ['latencyByBatch', latencyByBatch(latencyRows, { width: 290, title: null })],
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

describe('tables', () => {
  const svgOf = (rows: Iterable<ForecastRow>) => renderSvg(predictedVsActual(rows));
  const columnsOf = (rows: readonly ForecastRow[]) => ({
    targetDate: rows.map((row) => row.targetDate),
    lastClose: rows.map((row) => row.lastClose),
    actual: rows.map((row) => row.actual),
    predicted: rows.map((row) => row.predicted),
  });

  it('may be arquero tables, with dates as text or as Date', async () => {
    const rows = forecastRows(30);
    const columns = table(columnsOf(rows));
    const dated = columns.derive({ targetDate: rowFunction((row: ForecastRow) => new Date(row.targetDate)) });
    const svg = await svgOf(rows);
    expect(await svgOf(columns as unknown as Iterable<ForecastRow>)).toBe(svg);
    expect(await svgOf(dated as unknown as Iterable<ForecastRow>)).toBe(svg);
  });

  it('may be Arrow tables', async () => {
    const rows = forecastRows(30);
    const arrow = tableFromArrays(columnsOf(rows));
    expect(await svgOf(arrow as unknown as Iterable<ForecastRow>)).toBe(await svgOf(rows));
  });
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

  it.each([0, 2])(
    'keeps the label of the best epoch within the panel when that is epoch %i of 0, 1, 2',
    async (best) => {
      const rows = [0, 1, 2].map((epoch) => ({
        epoch,
        trainLoss: 1,
        validationLoss: epoch === best ? 0.5 : 1,
      }));
      const svg = await renderSvg(learningCurve(rows, { width: 300 }));
      const middle = Number(svg.match(/translate\(([\d.]+),[^>]*>best: epoch/)?.[1]);
      expect(middle).toBeGreaterThan(40);
      expect(middle).toBeLessThan(260);
    },
  );

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
    [
      'two runs of one name',
      () =>
        trainingCurves([
          { name: 'a', epochs: epochRows },
          { name: 'a', epochs: epochRows },
        ]),
      /same name/,
    ],
    [
      'a run without epochs',
      () => trainingCurves([{ name: 'a', epochs: [] }]),
      /trainingCurves: a: there is no data/,
    ],
    [
      'a forecast outside its interval',
      () => predictionBand([{ ...a, low: a.predicted + 1, high: a.predicted + 2 }], { level: 0.9 }),
      /row 0 has the interval/,
    ],
    ['a coverage in percent', () => coverage([{ method: 'm', nominal: 90, observed: 88 }]), /from 0 to 1/],
    ['lags out of order', () => leadLag([...leadLagRows].reverse()), /ascending whole numbers/],
    [
      'a value outside its interval',
      () => dotInterval([{ name: 'm', value: 3, low: 0, high: 1 }], { quantity: 'q' }),
      /must hold the value/,
    ],
    [
      'a matrix that is not square',
      () => confusionMatrix({ ...confusion, confusion: [[1, 2]] }),
      /3 rows of 3/,
    ],
    ['half an example', () => confusionMatrix({ labels: ['a'], confusion: [[0.5]] }), /counts/],
    [
      'a test before its training',
      () => walkForwardFolds([{ ...folds[0], test: ['2009-01-01', '2009-02-01'] }]),
      /fold 1, test begins at 2009-01-01/,
    ],
    ['a variant without a measurement', () => variantBars(variantMetrics.slice(1)), /needs one row for each/],
    ['a negative time', () => opBreakdown([{ name: 'p', ops: [{ op: 'o', ms: -1 }] }]), /at least 0/],
    ['negative memory', () => memoryTimeline([{ ms: 0, category: 'c', bytes: -1 }]), /at least 0/],
    ['no latency', () => latencyByBatch([{ variant: 'v', batchSize: 1, p50: 0, p95: 1 }]), /above 0/],
    [
      'crossed percentiles',
      () => latencyByBatch([{ variant: 'v', batchSize: 1, p50: 2, p95: 1 }]),
      /below its p50/,
    ],
  ])('is refused: %s', (_, draw, message) => {
    expect(draw).toThrow(VizInputError);
    expect(draw).toThrow(message);
  });
});
