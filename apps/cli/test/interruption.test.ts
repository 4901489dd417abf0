import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { syntheticMarket, writeKaggleFiles } from '@fin/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFin } from './run-fin.js';
import { writeTinyBank, writeTinyBert } from './tiny-bert.js';

const script = fileURLToPath(new URL('./fin-that-is-killed.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fin-interruption-'));
const inFolder = (name: string) => join(folder, name);
const market = inFolder('market');
const bank = inFolder('bank.txt');
const encoder = inFolder('encoder');
const straight = inFolder('straight');
const stoppedBy = (signal: NodeJS.Signals) => inFolder(`stopped-${signal}`);
/** Three epochs: a signal after the first finds more to do. */
const training = ['train', '--data', market, '--epochs', '3', '--seed', '5'];
const tuning = ['finetune', '--data', bank, '--model', encoder, '--epochs', '3', '--batch-size', '8'];

beforeAll(async () => {
  await writeKaggleFiles(syntheticMarket({ start: '2013-08-01', days: 400, headlinesPerDay: 2 }), market);
  writeTinyBank(bank);
  await writeTinyBert(encoder, ['LABEL_0', 'LABEL_1']);
  expect((await runFin(...training, '--run', straight)).code).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `fin` and sends it a signal when it says something. */
async function killed(signal: NodeJS.Signals, moment: string, args: readonly string[]) {
  const child = spawn(process.execPath, [script, signal, moment, ...args]);
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code, by] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (...end) => resolve(end)),
  );
  return { code, by, stderr };
}

const read = (run: string, name: string) => readFileSync(join(run, name), 'utf8');
const rows = (run: string) =>
  read(run, 'metrics.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => ({ ...JSON.parse(line), seconds: 0 }));

describe.skipIf(process.platform === 'win32')('training that is stopped', () => {
  it('in the first stage of two says which commands finish both', async () => {
    const run = inFolder('staged');
    const stages = [...tuning, '--warm-up', bank, '--run', run];
    const { code, stderr } = await killed('SIGINT', 'epoch 1:', stages);
    expect(code).toBe(130);
    const resume = `fin finetune --run ${run}-warm-up --resume`;
    expect(stderr).toContain(`resume with: ${resume}`);
    const next = [...stderr.matchAll(/note: {3}(fin .*?)(?: and the other options.*)?\n/g)].map(
      ([, line]) => line,
    );
    expect(next).toHaveLength(2);
    for (const line of [resume, ...next]) {
      const [, ...words] = line.split(' ');
      const done = await runFin(...words, ...(words.includes('--data') ? ['--epochs', '1'] : []));
      expect(done.code, done.stderr).toBe(0);
    }
    expect(existsSync(join(run, 'adapter', 'adapter_config.json'))).toBe(true);
    expect(JSON.parse(read(run, 'config.json')).source.model).toBe(`${run}-warm-up-model`);
  });

  it.each([
    ['SIGINT', 'epoch 1:', 130],
    ['SIGTERM', 'epoch 2:', 143],
    ['SIGKILL', 'epoch 2:', null], // the checkpoint of the first epoch is there
  ] as const)('by %s is unfinished, and says how to resume it', async (signal, moment, expected) => {
    const run = stoppedBy(signal);
    const how = `fin train --run ${run} --resume`;
    const { code, by, stderr } = await killed(signal, moment, [...training, '--run', run]);
    expect(code).toBe(expected);
    if (expected === null) expect(by).toBe(signal);
    else expect(stderr).toContain(`fin: stopped by ${signal}; resume with: ${how}`);
    for (const command of ['evaluate', 'predict', 'report']) {
      const told = await runFin(command, '--run', run);
      expect(told.code).toBe(2);
      expect(told.stderr).toContain(`the run in ${run} is unfinished`);
      expect(told.stderr).toContain(how);
    }
  });

  // That by SIGTERM goes on below, after its newest checkpoint was damaged.
  it.each(['SIGINT', 'SIGKILL'] as const)(
    'by %s goes on with --resume to the same forecasts',
    async (signal) => {
      const run = stoppedBy(signal);
      const resumed = await runFin('train', '--run', run, '--resume', '--json');
      expect(resumed.stderr).toMatch(/resuming after update \d+ of \d+/);
      expect(resumed.code).toBe(0);
      expect(JSON.parse(resumed.stdout)).toMatchObject({ run, epochs: 3 });
      expect(read(run, 'predictions.csv')).toBe(read(straight, 'predictions.csv'));
      expect(rows(run)).toEqual(rows(straight));
      expect(existsSync(join(run, 'checkpoints'))).toBe(false);
      expect((await runFin('evaluate', '--run', run)).code).toBe(0);
    },
  );

  it('before it began leaves no run', async () => {
    const run = inFolder('never');
    const { code, stderr } = await killed('SIGTERM', 'made-up market', [...training, '--run', run]);
    expect(code).toBe(143);
    expect(stderr).toContain('stopped by SIGTERM; no run was written');
    expect(existsSync(run)).toBe(false);
  });

  it('a fine-tuning goes on likewise', async () => {
    const [whole, run] = [inFolder('tuned'), inFolder('tuned-twice')];
    expect((await runFin(...tuning, '--run', whole)).code).toBe(0);
    const { code, stderr } = await killed('SIGTERM', 'epoch 1:', [...tuning, '--run', run]);
    expect(code).toBe(143);
    expect(stderr).toContain(`resume with: fin finetune --run ${run} --resume`);
    const used = await runFin('sentiment', '--data', market, '--model', run);
    expect(used).toMatchObject({ code: 2, stdout: '' });
    expect(used.stderr).toContain(`fin finetune --run ${run} --resume`);
    expect((await runFin('train', '--run', run, '--resume')).stderr).toContain('is the fine-tuning of');
    expect((await runFin('finetune', '--run', run, '--resume')).code).toBe(0);
    for (const name of ['confusion.json', 'evaluation.json', join('adapter', 'adapter_model.safetensors')]) {
      expect(read(run, name)).toBe(read(whole, name));
    }
    expect(rows(run)).toEqual(rows(whole));
  });
});

describe.skipIf(process.platform === 'win32')('--resume', () => {
  const run = stoppedBy('SIGTERM');
  const resume = (...more: string[]) => runFin('train', '--run', run, '--resume', ...more);

  it('refuses what contradicts the run, and names it', async () => {
    expect((await resume('--epochs', '7')).stderr).toContain('epochs was 3, and 7 is asked for');
    const other = inFolder('other-market');
    await writeKaggleFiles(syntheticMarket({ start: '2013-08-01', days: 400, seed: 2 }), other);
    expect((await resume('--data', other)).stderr).toContain('was begun with other data');
    const again = await runFin(...training, '--run', run);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain(`resume it with: fin train --run ${run} --resume`);
  });

  it('passes over a damaged checkpoint only when told to', async () => {
    const newest = readdirSync(join(run, 'checkpoints')).sort().at(-1)!;
    appendFileSync(join(run, 'checkpoints', newest, 'weights.safetensors'), 'x');
    const refused = await resume();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('weights.safetensors is damaged');
    expect(refused.stderr).toContain(`fin train --run ${run} --resume last-good`);
    expect((await resume('last-good')).code).toBe(0);
    expect(read(run, 'predictions.csv')).toBe(read(straight, 'predictions.csv'));
    expect(rows(run)).toEqual(rows(straight));
  });

  it('says so when the run is finished, or there is none, or it is not named', async () => {
    const finished = await resume();
    expect(finished.code).toBe(2);
    expect(finished.stderr).toContain('is finished: there is nothing left to resume');
    expect((await runFin('train', '--resume')).stderr).toContain('--resume needs --run');
    expect((await runFin('train', '--resume', '--run', inFolder('nothing'))).stderr).toContain(
      'holds no run',
    );
    expect((await resume('--overwrite')).stderr).toContain('cannot be used with');
  });
});
