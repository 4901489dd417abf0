import type { Prediction } from '@fin/forecast';
import { evaluatePredictions, forecastBaselines, formatBaselines, formatPredictions } from '@fin/forecast';
import { RunFolder } from '@fin/run';

/** How a made-up run comes out. */
export interface FixtureOptions {
  /** Share of the next day's log return that the forecast knows. @default 0 */
  readonly skill?: number;
  /** Trading days; a fifth of them is validation and a fifth test. @default 500 */
  readonly days?: number;
  /** @default true */
  readonly synthetic?: boolean;
  /** @default the fixture's own name, which says that its figures are made up */
  readonly market?: string;
}

/** Forecasts and their evaluation, which takes a second: made once for each outcome. */
const figures = new Map<string, ReturnType<typeof makeFigures>>();

function makeFigures(days: number, skill: number) {
  const predictions = makePredictions(days, skill);
  const part = (split: string) =>
    predictions.filter((row) => row.split === split).map((row) => ({ ...row, targetClose: row.actual }));
  const baselines = forecastBaselines({
    train: part('train'),
    validation: part('validation'),
    test: part('test'),
  });
  const evaluation = evaluatePredictions({
    model: 'bert(random)+lstm',
    predictions,
    baselines,
    sentimentDays: 'test',
  });
  return { predictions, baselines, evaluation };
}

/** Writes a run folder as `fin train` and `fin evaluate` would, with made-up numbers, and says so in its names. */
export async function writeFixtureRun(runDir: string, options: FixtureOptions = {}): Promise<void> {
  const { skill = 0, days = 500, synthetic = true, market = 'made-up fixture market' } = options;
  const key = `${days} ${skill}`;
  const { predictions, baselines, evaluation } = figures.get(key) ?? makeFigures(days, skill);
  figures.set(key, { predictions, baselines, evaluation });
  const part = (split: string) => predictions.filter((prediction) => prediction.split === split);
  const span = (split: string) => {
    const rows = part(split);
    return { n: rows.length, first: rows[0].targetDate, last: rows[rows.length - 1].targetDate };
  };
  const files = {
    'config.json': {
      seed: 7,
      window: 10,
      model: { encoder: { hiddenSize: 64, layers: 2 }, lstm: { hiddenSize: 32 }, fusion: [64, 32] },
      training: { epochs: 9, batchSize: 32, learningRate: 0.001, warmupSteps: 20, patience: 3 },
    },
    'environment.json': {
      backend: 'fixture',
      tensorflowVersion: 'none: these figures are made up',
      node: 'v20.20.2',
      platform: 'linux x64',
      cpu: 'none',
      notes: ['fixture for the tests of @fin/report'],
    },
    'data.json': {
      name: market,
      synthetic,
      signal: synthetic ? skill : null,
      fingerprint: 'f1c7'.repeat(16),
      splits: { train: span('train'), validation: span('validation'), test: span('test') },
    },
    'evaluation.json': evaluation,
  };
  const epochs = Array.from({ length: 9 }, (_, i) => ({
    epoch: i + 1,
    step: 38 * (i + 1),
    trainLoss: 0.4 + 0.9 / (1 + 0.5 * i),
    validationLoss: 0.55 + 0.8 / (1 + 0.7 * i) + 0.02 * Math.max(0, i - 4),
    learningRate: 0.001,
    seconds: 1.5,
  }));
  const folder = await RunFolder.create(runDir, { kind: 'forecaster', overwrite: true });
  for (const [name, value] of Object.entries(files)) await folder.writeJson(name, value);
  for (const row of epochs) folder.appendMetrics(row);
  await folder.writeText('baselines.csv', formatBaselines(baselines));
  await folder.writeText('predictions.csv', formatPredictions(predictions));
  await folder.finish();
}

/** Writes a walk-forward run of three models as `fin backtest` would, with made-up numbers, or the same as a sweep. */
export async function writeFixtureBacktest(
  runDir: string,
  kind: 'backtest' | 'sweep' = 'backtest',
): Promise<void> {
  const row = (model: string, mae: number, adjustedPValue: number | null) => ({
    model,
    n: 200,
    folds: 2,
    seeds: adjustedPValue === null ? 1 : 3,
    mae,
    rmse: mae + 20,
    mape: mae / 15_000,
    smape: mae / 15_000,
    mase: 1.3,
    r2: 0.95,
    oosR2: 0,
    directionalAccuracy: adjustedPValue === null ? null : 0.53,
    directionalN: 200,
    directionalInterval: adjustedPValue === null ? null : [0.46, 0.6],
    pesaranTimmermann: null,
    clarkWest: null,
    dieboldMariano:
      adjustedPValue === null
        ? null
        : { statistic: mae - 100, pValue: adjustedPValue / 2, adjustedPValue, loss: 'squared' },
    differences:
      adjustedPValue === null
        ? null
        : {
            mae: { value: mae - 100, interval: [mae - 103, mae - 97] },
            rmse: { value: mae - 100, interval: null },
          },
    deviations: adjustedPValue === null ? null : { mae: 0.4, rmse: 0.4, mape: 0, directionalAccuracy: 0 },
    notes: [],
  });
  const span = (first: string, last: string) => ({ n: 100, first, last });
  const folds = [2013, 2014].map((year) => ({
    train: span('2009-01-02', `${year - 2}-12-30`),
    validation: span(`${year - 1}-01-02`, `${year - 1}-12-30`),
    test: span(`${year}-01-02`, `${year}-12-30`),
  }));
  const data = { name: 'made-up', synthetic: false, signal: null, fingerprint: 'f1c7'.repeat(16), folds };
  const none = { n: 200, seeds: 3, dieboldMariano: null, clarkWest: null, notes: [] };
  const between = {
    mae: { value: -6, interval: [-9, -3] },
    rmse: { value: -6, interval: null },
    directionalAccuracy: null,
  };
  const folder = await RunFolder.create(runDir, { kind, overwrite: true });
  const files = {
    'config.json': { settings: { seeds: 3 }, source: { data: 'made-up' } },
    'environment.json': { backend: 'fixture', notes: [] },
    'data.json': data,
    'folds.json': { ...data, trainings: [] },
    'results.json': {
      market: 'made-up',
      synthetic: false,
      folds: 2,
      first: '2013-01-02',
      last: '2014-12-30',
      rows: [
        row('fused', 95, 0.01),
        row('lstm', 101, 0.8),
        row('text', 100.5, 0.9),
        row('persistence', 100, null),
      ],
      comparisons: [
        { model: 'fused', reference: 'persistence', differences: between, ...none },
        { model: 'fused', reference: 'lstm', differences: between, ...none },
        { model: 'fused', reference: 'text', differences: between, ...none },
        { model: 'text', reference: 'lstm', differences: between, ...none },
      ],
    },
  };
  for (const [name, value] of Object.entries(files)) await folder.writeJson(name, value);
  if (kind === 'sweep') {
    const setting = (window: number, validationRmse: number) => ({
      name: `window=${window}`,
      seeds: 3,
      n: 100,
      validationRmse,
    });
    const settings = [
      setting(5, 110),
      setting(10, 112.5),
      ...Array.from({ length: 20 }, (_, i) => setting(20 + i, 120 + i)),
    ];
    await folder.writeJson('choice.json', { chosen: 'window=5', settings });
  }
  await folder.writeText('metrics.jsonl', '');
  await folder.finish();
}

/** Writes a fine-tuning run as `fin finetune` would, with made-up counts. */
export async function writeFixtureTuning(
  runDir: string,
  labels: readonly string[] = ['positive', 'negative', 'neutral'],
): Promise<void> {
  const confusion = [
    [40, 4, 6],
    [3, 30, 7],
    [9, 8, 93],
  ];
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
  const classes = labels.map((label, i) => {
    const precision = confusion[i][i] / total(confusion.map((row) => row[i]));
    const recall = confusion[i][i] / total(confusion[i]);
    const f1 = (2 * precision * recall) / (precision + recall);
    return { label, precision, recall, f1, support: total(confusion[i]) };
  });
  const counts = (scale: number) =>
    Object.fromEntries([
      ['n', 200 * scale],
      ...labels.map((label, i) => [label, scale * total(confusion[i])]),
    ]);
  const folder = await RunFolder.create(runDir, { kind: 'sentiment-tuning', overwrite: true });
  const files = {
    'config.json': {
      settings: { method: 'lora', seed: 7 },
      source: { data: 'made-up.txt', model: 'made-up' },
    },
    'environment.json': { backend: 'fixture', notes: [] },
    'data.json': {
      lines: 1005,
      sentences: 1000,
      duplicates: 3,
      conflicts: 2,
      fingerprint: 'f1c7'.repeat(16),
      splits: { train: counts(3), validation: counts(1), test: counts(1) },
    },
    'evaluation.json': {
      split: 'test',
      n: 200,
      accuracy: 0.815,
      macroF1: total(classes.map(({ f1 }) => f1)) / classes.length,
      classes,
    },
    'confusion.json': { labels, rows: 'actual', columns: 'predicted', confusion },
  };
  for (const [name, value] of Object.entries(files)) await folder.writeJson(name, value);
  for (let epoch = 1; epoch <= 5; epoch++) {
    folder.appendMetrics({
      epoch,
      step: 19 * epoch,
      trainLoss: 1.1 / epoch,
      validationLoss: 0.5 + 0.5 / epoch,
      validationAccuracy: 0.8,
      validationMacroF1: 0.78,
      learningRate: 0.001,
      seconds: 2,
    });
  }
  await folder.finish();
}

function makePredictions(days: number, skill: number): Prediction[] {
  const dates = weekdays(days + 1);
  const normal = normals(20160701);
  let lastClose = 12_000;
  return dates.slice(1).map((targetDate, i) => {
    const logReturn = 0.0004 + 0.009 * normal();
    const noise = 0.002 * normal();
    const predictedLogReturn = skill * logReturn + noise;
    const sentiment = Math.tanh(-0.25 + 0.22 * normal() + 40 * skill * logReturn);
    const neutral = 0.3;
    const row: Prediction = {
      split: i < 0.6 * days ? 'train' : i < 0.8 * days ? 'validation' : 'test',
      decisionDate: dates[i],
      targetDate,
      lastClose,
      actual: lastClose * Math.exp(logReturn),
      predicted: lastClose * Math.exp(predictedLogReturn),
      predictedLogReturn,
      sentiment,
      positive: (1 - neutral + sentiment) / 2,
      negative: (1 - neutral - sentiment) / 2,
      neutral,
    };
    lastClose = row.actual;
    return row;
  });
}

function weekdays(n: number): string[] {
  const days: string[] = [];
  for (let time = Date.parse('2009-01-02'); days.length < n; time += 86_400_000) {
    const weekday = new Date(time).getUTCDay();
    if (weekday > 0 && weekday < 6) days.push(new Date(time).toISOString().slice(0, 10));
  }
  return days;
}

/** Normal numbers from a small congruential generator. */
function normals(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 4294967296;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
