import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syntheticMarket, writeKaggleFiles } from '@fin/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFin } from './run-fin.js';
import { writeTinyBank, writeTinyBert } from './tiny-bert.js';

const folder = mkdtempSync(join(tmpdir(), 'fin-sentiment-'));
const inFolder = (name: string) => join(folder, name);
const small = syntheticMarket({ start: '2013-08-01', days: 400, headlinesPerDay: 2 });
const data = inFolder('market');
const bank = inFolder('bank.txt');
const encoder = inFolder('encoder');
const run = inFolder('tuned');
const cache = process.env.FIN_CACHE_DIR;

const finetune = (...more: string[]) =>
  runFin('finetune', '--data', bank, '--model', encoder, '--epochs', '2', '--batch-size', '8', ...more);

beforeAll(async () => {
  await writeKaggleFiles(small, data);
  writeTinyBank(bank);
  await writeTinyBert(encoder, ['LABEL_0', 'LABEL_1']);
  process.env.FIN_CACHE_DIR = inFolder('cache'); // TensorFlow is loaded already
});
afterAll(() => {
  if (cache === undefined) delete process.env.FIN_CACHE_DIR;
  else process.env.FIN_CACHE_DIR = cache;
  rmSync(folder, { recursive: true });
});

describe('labelled sentences of any form', () => {
  const numbers = () => {
    const names = { positive: 2, negative: 0, neutral: 1 };
    const rows = readFileSync(bank, 'latin1')
      .trim()
      .split('\n')
      .map((line) => line.split('@') as [string, keyof typeof names]);
    writeFileSync(
      inFolder('numbers.csv'),
      `text,label\n${rows.map(([text, label]) => `${text},${names[label]}`).join('\n')}\n`,
    );
    return inFolder('numbers.csv');
  };
  const labels = ['--labels', '0=negative,1=neutral,2=positive'];

  it('train in two stages, and measure any model without training', async () => {
    const staged = inFolder('staged');
    const trained = await finetune('--run', staged, '--warm-up', numbers(), ...labels, '--json');
    expect(trained.code).toBe(0);
    const source = JSON.parse(readFileSync(join(staged, 'config.json'), 'utf8')).source;
    expect(source.model).toContain(`${staged}-warm-up`);
    expect(JSON.parse(readFileSync(join(`${staged}-warm-up`, 'data.json'), 'utf8')).mapping).toEqual({
      0: 'negative',
      1: 'neutral',
      2: 'positive',
    });
    const refused = await runFin('sentiment', 'evaluate', '--model', staged, '--data', numbers());
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      'Give their names, for example --labels 0=negative,1=neutral,2=positive',
    );
    const measured = await runFin(
      'sentiment',
      'evaluate',
      '--model',
      staged,
      '--data',
      numbers(),
      ...labels,
      '--json',
    );
    expect(measured.code).toBe(0);
    const result = JSON.parse(measured.stdout);
    expect(result).toMatchObject({ n: 60, macroF1Classes: 3, mapping: { data: { 0: 'negative' } } });
    const right = result.confusion.reduce((sum: number, row: number[], i: number) => sum + row[i], 0);
    expect(right / 60).toBeCloseTo(result.accuracy, 12);
    expect(
      result.classes.map(({ label, support }: { label: string; support: number }) => [label, support]),
    ).toEqual([
      ['positive', 20],
      ['negative', 20],
      ['neutral', 20],
    ]);
  });
});

describe('from a bare encoder to a forecast on its scores', () => {
  it('fine-tunes, and says which weights are new and which were not used', async () => {
    const { code, stdout, stderr } = await finetune('--run', run, '--method', 'full', '--json');
    expect(code).toBe(0);
    expect(stderr).toContain('new weights: classifier.weight, classifier.bias');
    expect(stderr).toContain('unused tensors of the model: classifier.bias, classifier.weight');
    expect(stderr).toContain('epoch 2: training loss');
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ run, method: 'full', seed: 1, splitSeed: 1, n: 12 });
    for (const name of ['accuracy', 'macroF1', 'trainableParameters'])
      expect(summary[name]).toBeTypeOf('number');
    const { confusion } = JSON.parse(readFileSync(join(run, 'confusion.json'), 'utf8'));
    expect(confusion.flat().reduce((sum: number, count: number) => sum + count, 0)).toBe(12);
  });

  it('fine-tunes adapters by default, with the options given', async () => {
    const adapted = inFolder('adapted');
    const { code, stdout } = await finetune('--run', adapted, '--r', '2', '--seed', '7', '--split-seed', '3');
    expect(code).toBe(0);
    expect(stdout).toContain(`next: fin train --model ${adapted} --data DIR`);
    const { settings } = JSON.parse(readFileSync(join(adapted, 'config.json'), 'utf8'));
    expect(settings).toMatchObject({ method: 'lora', seed: 7, splitSeed: 3, lora: { r: 2 } });
    expect(existsSync(join(adapted, 'adapter', 'adapter_config.json'))).toBe(true);
    const scored = await runFin('sentiment', '--data', data, '--model', adapted, '--json');
    expect(scored.code).toBe(0);
    const again = ['finetune', '--data', bank, '--model', adapted, '--run', inFolder('never')];
    const refused = await runFin(...again);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('merge it first (`fin model merge');
    expect(refused.stderr).not.toContain('epoch 1');
    expect(existsSync(inFolder('never'))).toBe(false);
  });

  it('scores each headline once, and writes one line per day', async () => {
    const out = inFolder('deep/daily.csv');
    const score = (...more: string[]) =>
      runFin('sentiment', '--data', data, '--model', run, '--json', ...more);
    const { code, stdout, stderr } = await score('--out', out);
    expect(code).toBe(0);
    expect(stderr).toContain('made-up market');
    const first = JSON.parse(stdout);
    expect(first).toMatchObject({ headlines: 800, days: 400, scored: first.distinct, out, synthetic: true });
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
    expect(lines[0]).toBe('date,headlines,positive,negative,neutral,score');
    expect(lines).toHaveLength(401);
    const again = JSON.parse((await score('--aggregate', 'rank')).stdout);
    expect(again).toMatchObject({ scored: 0, headlinesPerSecond: null, aggregate: 'rank' });
    expect(again.daily).toHaveLength(400);
    const [date, headlines, positive] = lines[1].split(',');
    expect(again.daily[0]).toMatchObject({ date, headlines: Number(headlines) });
    expect(Number(positive)).toBeGreaterThan(0);
  });

  it('forecasts with the scores', async () => {
    const forecasts = inFolder('forecasts');
    const { code, stdout } = await runFin(
      ...['train', '--data', data, '--run', forecasts, '--epochs', '1', '--json'],
      ...['--model', run, '--aggregate', 'attention'],
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ text: 'scored' });
    expect((await runFin('evaluate', '--run', forecasts, '--json')).code).toBe(0);
    const next = await runFin('predict', '--run', forecasts, '--json');
    expect(JSON.parse(next.stdout)).toMatchObject({ headlines: 2 });
    expect((await runFin('report', '--run', forecasts, run, '--out', inFolder('site'))).code).toBe(0);
    expect(readFileSync(inFolder('site/method.html'), 'utf8')).toContain(run); // says whose scores they are
    expect(readFileSync(inFolder('site/sentiment.html'), 'utf8')).toContain('Confusion matrix');
  });
});

describe('what cannot be used ends in one sentence and exit code 2', () => {
  const never = inFolder('never');

  it.each([
    ['a model without a trained head', ['sentiment', '--model', encoder], /its classes are LABEL_0, LABEL_1/],
    ['no model', ['sentiment', '--model', folder], /config\.json: cannot be read/],
    ['no sentences', ['finetune', '--data', inFolder('none.txt'), '--model', encoder], /none\.txt/],
    ['a forecast on no model', ['train', '--model', folder, '--run', never], /config\.json: cannot be read/],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await runFin(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n').at(-1)).toMatch(message);
    expect(existsSync(never)).toBe(false);
  });

  it('a file that cannot be written', async () => {
    writeFileSync(inFolder('taken'), '');
    const { code, stderr } = await runFin(
      'sentiment',
      '--model',
      run,
      '--out',
      join(inFolder('taken'), 'x.csv'),
    );
    expect(code).toBe(2);
    expect(stderr).toContain('cannot be written');
  });

  it('a run folder that holds a run', async () => {
    const { code, stderr } = await finetune('--run', run);
    expect(code).toBe(2);
    expect(stderr).toContain('already holds a run');
  });

  it('an option that means nothing', async () => {
    expect((await finetune('--method', 'half')).stderr).toContain('Allowed choices are lora, full');
    expect((await finetune('--layer-decay', '0.5')).stderr).toContain('a number of at least 1');
    expect((await runFin('finetune')).stderr).toContain("required option '--data <file>' not specified");
  });
});
