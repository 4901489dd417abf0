import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBert } from '@fin/finbert-lora';
import { getPeftModel } from '@fin/finbert-lora/lora';
import { randomStreams } from '@fin/runtime';
import { sharedPath } from '@fin/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFin } from './run-fin.js';
import { writeTinyBert } from './tiny-bert.js';

const folder = mkdtempSync(join(tmpdir(), 'fin-model-'));
const model = join(folder, 'model');
const published = sharedPath('models', 'all-MiniLM-L6-v2');

beforeAll(() => writeTinyBert(model, ['negative', 'positive']));
afterAll(() => rmSync(folder, { recursive: true }));

describe('fin model info', () => {
  it('tells people and machines what is in a folder', async () => {
    const { code, stdout } = await runFin('model', 'info', model, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      architecture: 'BertForSequenceClassification',
      dtype: 'F32',
      labels: ['negative', 'positive'],
      layers: 1,
      problems: [],
    });
    const text = await runFin('model', 'info', model);
    expect(text.stdout).toContain('classes in this order: negative, positive');
  });

  it('exits with 2 and says why when the model cannot be loaded', async () => {
    const unfit = join(folder, 'unfit');
    cpSync(model, unfit, { recursive: true });
    const config = JSON.parse(readFileSync(join(unfit, 'config.json'), 'utf8'));
    writeFileSync(join(unfit, 'config.json'), JSON.stringify({ ...config, num_hidden_layers: 2 }));
    const { code, stdout, stderr } = await runFin('model', 'info', unfit, '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout).problems).toEqual([
      expect.stringContaining('lacks 16 weights of the encoder that config.json describes'),
    ]);
    expect(stderr).toContain('unfit cannot be used as a model');
    await expect(loadBert(unfit, { init: randomStreams(1).stream('init') })).rejects.toThrow(
      'lacks 16 weights',
    );
  });

  it.skipIf(published === null)('describes a published encoder (needs the shared models)', async () => {
    const { stdout } = await runFin('model', 'info', published!);
    expect(stdout).toContain('BertModel: 22,713,216 parameters, F32');
    expect(stdout).toContain('no trained classifier');
  });

  it('names a folder that is no model', async () => {
    const { code, stderr } = await runFin('model', 'info', folder);
    expect(code).toBe(2);
    expect(stderr).toMatch(/config\.json: cannot be read/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe('fin model convert', () => {
  it('halves a model, and never writes over anything', async () => {
    const out = join(folder, 'half');
    const { code, stdout } = await runFin(
      'model',
      'convert',
      model,
      '--out',
      out,
      '--dtype',
      'BF16',
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ from: 'safetensors', dir: out });
    expect(JSON.parse((await runFin('model', 'info', out, '--json')).stdout).dtype).toBe('BF16');
    const again = await runFin('model', 'convert', model, '--out', out);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('half: is not empty');
  });

  it('writes nothing when the model cannot be read', async () => {
    const out = join(folder, 'never');
    expect((await runFin('model', 'convert', folder, '--out', out)).code).toBe(2);
    expect(existsSync(out)).toBe(false);
  });
});

describe('fin model merge', () => {
  const adapter = join(folder, 'adapter');

  beforeAll(async () => {
    const init = randomStreams(1).stream('init');
    const { model: base } = await loadBert(model, { init });
    const peft = getPeftModel(base, { initLoraWeights: false }, { init });
    await peft.savePretrained(adapter);
    peft.dispose();
  });

  it('makes one model of an adapter and its base', async () => {
    const out = join(folder, 'merged');
    const merge = ['model', 'merge', adapter, '--base', model, '--out', out];
    const { code, stdout, stderr } = await runFin(...merge, '--dtype', 'BF16', '--json');
    expect(stderr).not.toContain('fin:');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ dir: out, labels: ['negative', 'positive'] });
    const info = JSON.parse((await runFin('model', 'info', out, '--json')).stdout);
    expect(info).toMatchObject({ dtype: 'BF16', labels: ['negative', 'positive'], problems: [] });
    const again = await runFin(...merge);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain('merged: is not empty');
  });

  it('never writes onto its inputs', async () => {
    const before = readFileSync(join(model, 'model.safetensors'));
    for (const out of [model, adapter]) {
      expect((await runFin('model', 'merge', adapter, '--base', model, '--out', out)).code).toBe(2);
    }
    expect(readFileSync(join(model, 'model.safetensors'))).toEqual(before);
  });
});
