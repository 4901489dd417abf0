import { DamagedFileError } from '@fin/files';
import { expect, it } from 'vitest';
import {
  ForecastInputError,
  formatBaselines,
  parseBaselines,
  parsePredictions,
  resolveSettings,
} from '../../src/index.js';

const header =
  'split,decisionDate,targetDate,lastClose,actual,predicted,predictedLogReturn,sentiment,positive,negative,neutral';
const line = (split: string, decision: string, target: string, close = '100') =>
  `${split},${decision},${target},${close},101,100.5,0.005,0,0.3,0.3,0.4`;
const first = line('train', '2015-01-02', '2015-01-05');
const second = line('test', '2015-01-05', '2015-01-06');

it('parsePredictions reads what a run writes', () => {
  expect(parsePredictions(`${[header, first, second].join('\n')}\n`, 'predictions.csv')).toHaveLength(2);
});

it.each([
  ['shuffled days', [second, first], 'line 3: targetDate 2015-01-05 is not after 2015-01-06'],
  [
    'a day that does not exist',
    [line('train', '2015-02-30', '2015-03-02')],
    'line 2: decisionDate "2015-02-30" is not a date',
  ],
  ['a target before its decision', [line('train', '2015-01-05', '2015-01-02')], 'line 2: targetDate'],
  [
    'splits out of order',
    [line('test', '2015-01-02', '2015-01-05'), line('train', '2015-01-05', '2015-01-06')],
    'line 3: split',
  ],
  [
    'a number that is none',
    [line('train', '2015-01-02', '2015-01-05', 'x')],
    'line 2: lastClose "x" is not a number',
  ],
  ['a line that is cut off', [first.slice(0, 30)], 'line 2: it has'],
])('parsePredictions names line and column of %s', (_, lines, message) => {
  const parse = () => parsePredictions([header, ...lines].join('\n'), 'predictions.csv');
  expect(parse).toThrow(DamagedFileError);
  expect(parse).toThrow(message);
});

const baselineHeader = 'split,decisionDate,targetDate,lastClose,actual,persistence,drift,majority-class';
const baselineLine = (split: string, decision: string, target: string, forecast = '100.25') =>
  `${split},${decision},${target},100,101,100,${forecast},101`;
const baselineLines = [
  baselineLine('validation', '2015-01-02', '2015-01-05'),
  baselineLine('test', '2015-01-05', '2015-01-06'),
];

it('parseBaselines reads what formatBaselines writes', () => {
  const text = `${[baselineHeader, ...baselineLines].join('\n')}\n`;
  const forecasts = parseBaselines(text, 'baselines.csv');
  expect(forecasts.map(({ model }) => model)).toEqual(['persistence', 'drift', 'majority-class']);
  expect(forecasts[1].test).toEqual([
    { decisionDate: '2015-01-05', targetDate: '2015-01-06', lastClose: 100, actual: 101, predicted: 100.25 },
  ]);
  expect(formatBaselines(forecasts)).toBe(text);
});

it.each([
  ['another table', header.replace('lastClose', 'close'), [], 'line 1: the columns do not begin with split'],
  ['a missing baseline', baselineHeader.replace(',drift', ''), [], 'line 1: there is no column drift'],
  ['an unknown baseline', `${baselineHeader},oracle`, [], 'line 1: the columns after actual'],
  ['shuffled days', baselineHeader, baselineLines.toReversed(), 'line 3: targetDate 2015-01-05 is not after'],
  [
    'a number that is none',
    baselineHeader,
    [baselineLine('test', '2015-01-02', '2015-01-05', 'x')],
    'line 2: drift "x" is not a number',
  ],
])('parseBaselines names line and column of %s', (_, head, lines, message) => {
  const parse = () => parseBaselines([head, ...lines].join('\n'), 'baselines.csv');
  expect(parse).toThrow(DamagedFileError);
  expect(parse).toThrow(message);
});

it.each([
  [{ epochs: 0 }, 'epochs'],
  [{ encoder: { dropout: 1 } }, 'encoder.dropout'],
  [{ learningRate: Number.NaN }, 'learningRate'],
  [{ seed: 1.5 }, 'seed'],
])('resolveSettings names the setting in %j', (options, name) => {
  expect(() => resolveSettings(options)).toThrow(ForecastInputError);
  expect(() => resolveSettings(options)).toThrow(`the setting ${name}`);
});
