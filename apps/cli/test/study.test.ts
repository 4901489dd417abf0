import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syntheticMarket, writeKaggleFiles } from '@fin/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFin } from './run-fin.js';

const folder = mkdtempSync(join(tmpdir(), 'fin-study-'));
const market = join(folder, 'market');
const run = join(folder, 'run');
const small = syntheticMarket({ start: '2013-08-01', days: 400, headlinesPerDay: 2 });

beforeAll(() => writeKaggleFiles(small, market));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the whole study, command by command', () => {
  it('trains', async () => {
    const { code, stdout, stderr } = await runFin(
      'train',
      '--data',
      market,
      '--run',
      run,
      '--epochs',
      '1',
      '--json',
    );
    expect(stderr).toContain('made-up market');
    expect(stderr).toContain('epoch 1: training loss');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ run, synthetic: true, epochs: 1 });
  });

  it('evaluates: one object per row, baselines included', async () => {
    const { code, stdout } = await runFin('evaluate', '--run', run, '--json');
    expect(code).toBe(0);
    const rows = JSON.parse(stdout);
    expect(rows.map(({ model }: { model: string }) => model)).toEqual([
      'bert(random)+lstm',
      'persistence',
      'drift',
      'majority-class',
      'moving-average',
      'ar',
      'arima-1-1-1',
      'ridge',
    ]);
    for (const row of rows) {
      for (const field of ['mae', 'rmse', 'mape']) expect(row[field]).toBeGreaterThan(0);
      expect(row).toHaveProperty('directionalAccuracy');
    }
    for (const row of rows) {
      expect(row.predictionIntervals.adaptive.coverage).toBeGreaterThan(0);
      expect(Object.keys(row.predictionIntervals)).toEqual(['split', 'adaptive']);
    }
    const { stdout: table } = await runFin('evaluate', '--run', run);
    for (const text of ['persistence', 'OOS R²', 'CW p', 'adaptive: covered']) expect(table).toContain(text);
  });

  it('predicts the next day from the data that the run saw', async () => {
    const { code, stdout } = await runFin('predict', '--run', run, '--json');
    expect(code).toBe(0);
    const dates = small.prices.array('date');
    expect(JSON.parse(stdout)).toMatchObject({
      decisionDate: dates[dates.length - 1],
      synthetic: true,
      headlines: 2,
    });
    const text = await runFin('predict', '--run', run);
    const { predicted, lastClose } = JSON.parse(stdout);
    expect(text.stdout).toContain(`(${(100 * (predicted / lastClose - 1)).toFixed(3)} %)`);
  });

  it('reports', async () => {
    const { code, stdout } = await runFin('report', '--run', run, '--out', join(folder, 'site'), '--json');
    expect(code).toBe(0);
    const { runs, file } = JSON.parse(stdout);
    expect(runs).toEqual([run]);
    expect(file).toBe(join(folder, 'site', 'index.html'));
    const page = readFileSync(join(folder, 'site', 'forecast.html'), 'utf8');
    expect(page).toContain('<svg');
    expect(page).toContain('persistence');
  });

  it('refuses to report into a folder that is not a report', async () => {
    for (const [out, problem] of [
      [run, /no report wrote/],
      [market, /Combined_News_DJIA\.csv, which no report wrote/],
      [join(run, 'config.json'), /not a folder/],
      [join(folder, 'page.html'), /give a folder/],
    ] as const) {
      const { code, stderr } = await runFin('report', '--run', run, '--out', out);
      expect(code).toBe(2);
      expect(stderr).toMatch(problem);
    }
    expect(existsSync(join(market, 'Combined_News_DJIA.csv'))).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('never writes over a file of a run or an input', async () => {
    const other = join(folder, 'other');
    cpSync(run, other, { recursive: true });
    symlinkSync(join(run, 'predictions.csv'), join(folder, 'link'));
    const files = [
      join(run, 'predictions.csv'),
      join(other, 'checkpoint', 'forecaster.json'),
      join(other, 'run.json'),
    ];
    const before = files.map((file) => readFileSync(file, 'base64'));
    const links = [join(folder, 'link'), join(run, '..', 'run', 'manifest.json')];
    for (const out of [...files, ...links]) {
      const { code, stdout, stderr } = await runFin('sentiment', '--model', folder, '--out', out);
      expect(code).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/belongs to the run in/);
    }
    const input = join(market, 'Combined_News_DJIA.csv');
    const over = await runFin('sentiment', '--data', market, '--model', folder, '--out', input);
    expect(over.code).toBe(2);
    expect(over.stderr).toContain(input);
    expect(files.map((file) => readFileSync(file, 'base64'))).toEqual(before);
    expect((await runFin('evaluate', '--run', other)).code).toBe(0);
    expect((await runFin('report', '--run', run)).code).toBe(0);
    expect((await runFin('evaluate', '--run', run)).code).toBe(0); // the report in the run does not matter
  });

  it('refuses to write over a run, says how to, and does when told', async () => {
    const again = ['train', '--data', market, '--run', run, '--epochs', '1'];
    const { code, stderr } = await runFin(...again);
    expect(code).toBe(2);
    expect(stderr).toContain('already holds a run');
    expect((await runFin(...again, '--overwrite')).code).toBe(0);
  });
});
