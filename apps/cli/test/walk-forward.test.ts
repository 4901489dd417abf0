import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { syntheticMarket, writeKaggleFiles } from '@fin/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFin } from './run-fin.js';

const script = fileURLToPath(new URL('./fin-that-is-killed.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fin-walk-'));
const inFolder = (name: string) => join(folder, name);
const market = inFolder('market');
const walk = [
  ...['--data', market, '--epochs', '1', '--validation-days', '40'],
  ...['--from', '2014-11-01', '--to', '2014-12-31', '--refit-every', '30', '--workers', '1'],
];

beforeAll(() =>
  writeKaggleFiles(syntheticMarket({ start: '2014-03-01', days: 260, headlinesPerDay: 1 }), market),
);
afterAll(() => rmSync(folder, { recursive: true }));

interface Row {
  readonly model: string;
  readonly folds: number;
  readonly seeds: number;
  readonly n: number;
}

describe.skipIf(process.platform === 'win32')('fin backtest', () => {
  const [straight, stopped] = [inFolder('straight'), inFolder('stopped')];
  const forecasts = (run: string) => readFileSync(join(run, 'forecasts.csv'), 'utf8');

  it('ends with the rows of the model and its baselines', async () => {
    const { code, stdout, stderr } = await runFin('backtest', ...walk, '--run', straight, '--json');
    expect(code).toBe(0);
    expect(stderr).toContain('1 process with');
    expect(stderr).toContain('2/2 bert(random)+lstm, fold 1, seed 1: validation loss');
    const { rows } = JSON.parse(stdout) as { readonly rows: Row[] };
    expect(rows.map(({ model }) => model)).toContain('persistence');
    for (const row of rows) expect(row).toMatchObject({ folds: 2, seeds: 1, n: rows[0].n });
    expect(Object.keys(rows[0])).toEqual(
      expect.arrayContaining([
        'mae',
        'rmse',
        'mape',
        'directionalAccuracy',
        'directionalInterval',
        'dieboldMariano',
      ]),
    );
  });

  it('is stopped by Ctrl-C, and resumes to the same forecasts', async () => {
    const args = [script, 'SIGINT', '1/2', 'backtest', ...walk, '--run', stopped];
    const child = spawn(process.execPath, args);
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(130);
    expect(stderr).toContain(`resume with: fin backtest --run ${stopped} --resume`);
    expect(existsSync(join(stopped, 'forecasts.csv'))).toBe(false);
    const again = await runFin('backtest', '--run', stopped, '--resume');
    expect(again.stderr).toContain('resuming after 1 of 2 trainings');
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('Test days 2014-11-03 … 2014-12-31');
    expect(forecasts(stopped)).toBe(forecasts(straight));
  });

  it('is made of parts that were trained one by one', async () => {
    const parts = [1, 2].map((index) => inFolder(`part-${index}`));
    const here = [...walk, '--workers', '0'];
    const first = await runFin('backtest', ...here, '--part', '1/2', '--run', parts[0], '--json');
    expect(JSON.parse(first.stdout)).toMatchObject({
      of: 'backtest',
      part: { index: 1, count: 2 },
      trainings: 1,
    });
    const unfinished = await runFin('merge', ...parts, '--run', inFolder('merged'));
    expect(unfinished).toMatchObject({ code: 2, stdout: '' });
    expect(unfinished.stderr).toContain(`${parts[1]} holds no run`);
    expect((await runFin('backtest', ...here, '--part', '2/2', '--run', parts[1])).code).toBe(0);
    const { code, stdout } = await runFin('merge', ...parts, '--run', inFolder('merged'));
    expect(code).toBe(0);
    expect(stdout).toContain('Test days 2014-11-03 … 2014-12-31');
    expect(forecasts(inFolder('merged'))).toBe(forecasts(straight));
  });

  it("repeats the settings of a run's config.json on the data of that run", async () => {
    const config = inFolder('config.json');
    const settings = { text: 'none', epochs: 1, lstm: { hiddenSize: 2 } };
    writeFileSync(config, JSON.stringify({ settings, source: { data: market, signal: null } }));
    const runDir = inFolder('configured');
    const options = [...walk.slice(4), '--workers', '0', '--refit-every', '60', '--config', config];
    const { code } = await runFin('backtest', ...options, '--run', runDir, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(join(runDir, 'config.json'), 'utf8')).source.data).toBe(market);
  });

  it('is not taken for the training of a forecaster', async () => {
    const { code, stderr } = await runFin('evaluate', '--run', straight);
    expect(code).toBe(2);
    expect(stderr).toContain('is a walk-forward backtest, not the training of a forecaster');
  });
});

describe('fin sweep', () => {
  it.each([
    ['a: [1', 'is neither JSON nor YAML'],
    ['[1, 2]', 'does not hold settings by name'],
    ['{}', 'the grid names no setting'],
    ['epochs: [1, 0]', 'epochs'],
  ])('refuses the grid %s', async (text, message) => {
    const grid = inFolder('grid.yaml');
    writeFileSync(grid, text);
    const { code, stderr } = await runFin('sweep', grid, ...walk, '--run', inFolder('none'));
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(existsSync(inFolder('none'))).toBe(false);
  });
});
