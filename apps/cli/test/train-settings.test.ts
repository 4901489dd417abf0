import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runFin } from './run-fin.js';

const MINUTES = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'fin-settings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const settingsOf = (run: string) => JSON.parse(readFileSync(join(run, 'config.json'), 'utf8')).settings;
const predictionsOf = (run: string) => readFileSync(join(run, 'predictions.csv'), 'utf8');

describe('fin train --config', () => {
  const first = join(folder, 'first');

  it(
    'takes settings from a YAML file, and those of the command line before them',
    async () => {
      const config = file('small.yaml', 'text: none\nepochs: 5\nlstm: { hiddenSize: 4, numLayers: 2 }\n');
      const options = ['--epochs', '1', '--pooling', 'attention', '--signal', '0.02', '--json'];
      const { code, stdout } = await runFin('train', '--config', config, '--run', first, ...options);
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ text: 'none', finetuning: null, epochs: 1 });
      const { parameters, trainableParameters } = JSON.parse(stdout);
      expect(trainableParameters).toBe(parameters);
      expect(settingsOf(first)).toMatchObject({
        text: 'none',
        epochs: 1,
        lstm: { hiddenSize: 4, numLayers: 2, dropout: 0, pooling: 'attention' },
      });
    },
    2 * MINUTES,
  );

  it(
    'repeats a run from its config.json, on the same data',
    async () => {
      const again = join(folder, 'again');
      const { code } = await runFin('train', '--config', join(first, 'config.json'), '--run', again);
      expect(code).toBe(0);
      expect(predictionsOf(again)).toBe(predictionsOf(first));
    },
    2 * MINUTES,
  );

  it.each([
    ['lstm:\n  hidden: 4\n', 'there is no setting lstm.hidden; there are hiddenSize'],
    ['epochs: 0\n', 'the setting epochs: '],
    ['text: joint\n', 'the setting model: is missing'],
    ['- epochs\n', 'does not hold settings by name'],
    ['settings: { epochs: 1 }\nsource: {}\nother: 1\n', 'has a field "other"'],
  ])('names file and setting of %j', async (content, message) => {
    const config = file('wrong.yaml', content);
    const { code, stderr } = await runFin('train', '--config', config, '--run', join(folder, 'none'));
    expect(code).toBe(2);
    expect(stderr).toContain(config);
    expect(stderr).toContain(message);
  });
});

describe('settings on the command line', () => {
  it.each([
    [['--text', 'joint'], 'the setting model: is missing'],
    [['--prices-only', '--no-prices'], 'the setting prices: is false'],
    [['--prices-only', '--text', 'scored'], "'--prices-only' cannot be used with option '--text"],
    [['--lstm-dropout', '0.5'], 'the setting lstm.dropout: is 0.5'],
    [['--headlines-per-day', '0'], 'a whole number of at least 1 and at most 100000 is needed, or all'],
    [['--target', 'price'], 'Allowed choices are return, close'],
  ])('%j are refused by name', async (options, message) => {
    const { code, stderr } = await runFin('train', ...options, '--run', join(folder, 'none'));
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
