import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syntheticMarket, writeKaggleFiles } from '@fin/data';
import { openSafetensors } from '@fin/files/safetensors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFin } from './run-fin.js';
import { writeTinyBank, writeTinyBert } from './tiny-bert.js';

const folder = mkdtempSync(join(tmpdir(), 'fin-precision-'));
const inFolder = (name: string) => join(folder, name);
const data = inFolder('market');
const bank = inFolder('bank.txt');
const encoder = inFolder('encoder');
const cache = process.env.FIN_CACHE_DIR;
const read = (...path: string[]) => JSON.parse(readFileSync(inFolder(join(...path)), 'utf8'));
const mode = expect.stringMatching(/^(low|wide|emulated)$/);

beforeAll(async () => {
  await writeKaggleFiles(syntheticMarket({ start: '2013-11-01', days: 330, headlinesPerDay: 1 }), data);
  writeTinyBank(bank);
  await writeTinyBert(encoder, ['LABEL_0', 'LABEL_1']);
  process.env.FIN_CACHE_DIR = inFolder('cache'); // TensorFlow is loaded already
});
afterAll(() => {
  if (cache === undefined) delete process.env.FIN_CACHE_DIR;
  else process.env.FIN_CACHE_DIR = cache;
  rmSync(folder, { recursive: true });
});

describe.each([
  ['bf16', 'bfloat16'],
  ['fp16', 'float16'],
] as const)('--precision %s', (precision, dtype) => {
  const how = ['--precision', precision, '--json'];

  it('trains, and the record says what the machine made of it', async () => {
    const run = inFolder(`run-${precision}`);
    const trained = await runFin('train', '--data', data, '--run', run, '--epochs', '1', ...how);
    expect(trained.stderr).toContain(`precision ${precision}: ${dtype}: `);
    expect(trained.code).toBe(0);
    expect(read(`run-${precision}`, 'config.json').settings.precision).toBe(precision);
    const { precision: record } = read(`run-${precision}`, 'environment.json');
    expect(record).toMatchObject({ asked: precision, decision: { dtype, mode } });
    expect(record.summary).toContain(dtype);
    const next = await runFin('predict', '--run', run, '--data', data, ...how);
    expect(JSON.parse(next.stdout)).toMatchObject({ precision });
    const wide = await runFin('predict', '--run', run, '--data', data, '--json');
    expect(JSON.parse(wide.stdout)).toMatchObject({ precision: 'fp32' });
    const returns = [next, wide].map(({ stdout }) => JSON.parse(stdout).predictedLogReturn);
    expect(Math.abs(returns[0] - returns[1])).toBeLessThan(1e-3);
  });

  it('fine-tunes adapters that are float32, and scores with them under a fingerprint of its own', async () => {
    const run = inFolder(`tuned-${precision}`);
    const about = ['finetune', '--data', bank, '--model', encoder, '--run', run];
    const tuned = await runFin(...about, '--epochs', '1', '--batch-size', '8', ...how);
    expect(tuned.stderr).toContain(`precision ${precision}: ${dtype}: `);
    expect(tuned.code).toBe(0);
    expect(read(`tuned-${precision}`, 'config.json').settings.precision).toBe(precision);
    expect(read(`tuned-${precision}`, 'environment.json').precision.decision.dtype).toBe(dtype);
    const file = await openSafetensors(join(run, 'adapter', 'adapter_model.safetensors'));
    expect(new Set(file.names().map((name) => file.info(name).dtype))).toEqual(new Set(['F32']));
    await file.close();
    const score = async (...more: string[]) =>
      JSON.parse((await runFin('sentiment', '--data', data, '--model', run, '--json', ...more)).stdout);
    const [wide, low, again] = [await score(), await score(...how), await score(...how)];
    expect([wide.precision, low.precision]).toEqual(['fp32', precision]);
    expect(low.fingerprint).not.toBe(wide.fingerprint);
    expect([low.scored, again.scored]).toEqual([low.distinct, 0]);
    expect(Math.abs(low.meanScore - wide.meanScore)).toBeLessThan(2e-2);
  });
});

describe('--precision int8', () => {
  const how = ['--precision', 'int8', '--json'];

  it('scores with a model that was trained in another precision, under a fingerprint of its own', async () => {
    const score = async (...more: string[]) =>
      runFin('sentiment', '--data', data, '--model', inFolder('tuned-bf16'), ...more);
    const low = await score(...how);
    expect(low.stderr).toContain('precision int8: dynamic quantization of linear layers');
    const [int8, wide] = [low, await score('--json')].map(({ stdout }) => JSON.parse(stdout));
    expect([int8.precision, int8.fingerprint === wide.fingerprint]).toEqual(['int8', false]);
    expect(Math.abs(int8.meanScore - wide.meanScore)).toBeLessThan(5e-2);
  });

  it.each([
    ['train', '--data', data],
    ['finetune', '--data', bank, '--model', encoder],
  ])('is refused by fin %s', async (...args) => {
    const { code, stderr } = await runFin(...args, '--run', inFolder('never'), ...how);
    expect(code).toBe(2);
    expect(stderr).toContain('int8 is for `fin sentiment` alone');
    expect(existsSync(inFolder('never'))).toBe(false);
  });
});

describe('precision', () => {
  it('is float32 unless something else is asked for, and the record says so', async () => {
    const run = inFolder('run-fp32');
    const { stderr } = await runFin('train', '--data', data, '--run', run, '--epochs', '1');
    expect(stderr).not.toContain('precision');
    expect(read('run-fp32', 'config.json').settings.precision).toBe('fp32');
    const none = { asked: 'fp32', decision: null, summary: 'float32 throughout' };
    expect(read('run-fp32', 'environment.json').precision).toEqual(none);
  });

  it.each([
    ['train', '--run', inFolder('never')],
    ['finetune', '--data', bank, '--model', encoder, '--run', inFolder('never')],
    ['sentiment', '--model', encoder],
    ['predict'],
  ])('that is none ends fin %s with 2', async (...args) => {
    const { code, stdout, stderr } = await runFin(...args, '--precision', 'fp8');
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('Allowed choices are fp32, bf16, fp16');
    expect(existsSync(inFolder('never'))).toBe(false);
  });

  it('is told by the doctor', async () => {
    const { stdout } = await runFin('doctor', '--json');
    const { precision } = JSON.parse(stdout);
    expect(precision.decisions).toMatchObject([
      { dtype: 'bfloat16', mode },
      { dtype: 'float16', mode },
    ]);
    const { stdout: text } = await runFin('doctor');
    for (const { summary } of precision.decisions) expect(text).toContain(summary);
    expect(text.includes('Fused ops: ')).toBe(precision.fusedOps !== null);
    for (const [i, run] of ['run-bf16', 'run-fp16'].entries()) {
      const { decision } = read(run, 'environment.json').precision;
      expect(precision.decisions[i]).toMatchObject({ mode: decision.mode, speedup: decision.speedup });
    }
  });
});
