import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunKind } from '@fin/run';
import { RunFolder } from '@fin/run';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFin } from './run-fin.js';
import { writeTinyBank } from './tiny-bert.js';

const folder = mkdtempSync(join(tmpdir(), 'fin-wrong-run-'));
const inFolder = (name: string) => join(folder, name);
const bank = inFolder('bank.txt');

/** Writes a finished run without results. */
async function writeRun(name: string, kind: RunKind, config: unknown = { settings: {}, source: {} }) {
  const run = await RunFolder.create(inFolder(name), { kind });
  await run.writeJson('config.json', config);
  await run.writeText('checkpoint/forecaster.json', '{"format": "fin-forecaster"}');
  await run.writeText('model/config.json', '{}');
  await run.finish();
}

beforeAll(async () => {
  writeTinyBank(bank);
  await writeRun('forecaster', 'forecaster');
  await writeRun('tuned', 'sentiment-tuning');
  await writeRun('own', 'custom');
  await writeRun('forecaster-null', 'forecaster', null);
  await writeRun('tuned-null', 'sentiment-tuning', null);
  for (const name of ['forecaster', 'tuned']) {
    cpSync(inFolder(name), inFolder(`${name}-unfinished`), { recursive: true });
    rmSync(join(inFolder(`${name}-unfinished`), 'manifest.json'));
  }
  cpSync(inFolder('forecaster'), inFolder('cut-off'), { recursive: true });
  truncateSync(join(inFolder('cut-off'), 'checkpoint/forecaster.json'), 9);
  mkdirSync(inFolder('empty'));
  mkdirSync(inFolder('thesis'));
  writeFileSync(join(inFolder('thesis'), 'run.json'), '{}');
});
afterAll(() => rmSync(folder, { recursive: true }));

const readers = ['evaluate', 'report', 'predict'].map((command) => [command, '--run']);
const users = [
  ['sentiment', '--model'],
  ['train', '--run', inFolder('never'), '--model'],
  ['finetune', '--run', inFolder('never'), '--data', bank, '--model'],
];

const cases = [
  ...readers.flatMap((command) => [
    {
      command,
      name: 'tuned',
      problem: command[0] === 'report' ? /\.json/ : /fine-tuning of a sentiment model, not/,
    },
    { command, name: 'own', problem: /a run of your own, not/ },
    { command, name: 'forecaster-unfinished', problem: /unfinished.*fin train --run .* --resume/ },
    {
      command,
      name: 'tuned-unfinished',
      problem:
        command[0] === 'report'
          ? /unfinished.*fin finetune --run .* --resume/
          : /fine-tuning of a sentiment model, not/,
    },
    { command, name: 'empty', problem: /holds no run/ },
    { command, name: 'nowhere', problem: /holds no run/ },
    { command, name: 'bank.txt', problem: /holds no run/ },
    { command, name: 'thesis', problem: /run\.json/ },
    { command, name: 'forecaster-null', problem: /config\.json/ },
    { command, name: 'cut-off', problem: /forecaster\.json/ },
  ]),
  ...users.flatMap((command) => [
    { command, name: 'forecaster', problem: /training of a forecaster and holds no sentiment model/ },
    { command, name: 'forecaster-unfinished', problem: /training of a forecaster and holds no sentiment/ },
    { command, name: 'tuned-unfinished', problem: /unfinished.*fin finetune --run .* --resume/ },
    { command, name: 'empty', problem: /empty/ },
    { command, name: 'nowhere', problem: /nowhere/ },
    { command, name: 'bank.txt', problem: /bank\.txt/ },
    { command, name: 'thesis', problem: /run\.json/ },
    { command, name: 'tuned-null', problem: /config\.json/ },
  ]),
].map((one) => ({ ...one, words: `${one.command[0]} ${one.command.at(-1)} ${one.name}` }));

describe('a run or folder that the command cannot use', () => {
  it.each(cases)('fin $words ends with one sentence and exit code 2', async ({ command, name, problem }) => {
    const { code, stdout, stderr } = await runFin(...command, inFolder(name), '--json');
    expect(stderr).not.toMatch(/unexpected error|\n\s+at /);
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error).toMatchObject({
      kind: 'input',
      message: expect.stringMatching(problem),
    });
    expect(existsSync(inFolder('never'))).toBe(false);
  });

  it
    .skipIf(process.platform === 'win32')
    .each(
      ['run.json', 'config.json', 'manifest.json', 'predictions.csv'].flatMap((file) =>
        ['evaluate', 'report', 'predict'].map((command) => ({ file, command })),
      ),
    )('fin $command does not wait for a named pipe in place of $file', async ({ file, command }) => {
    const dir = inFolder(`pipe-${command}-${file}`);
    cpSync(inFolder('forecaster'), dir, { recursive: true });
    rmSync(join(dir, file), { force: true });
    execFileSync('mkfifo', [join(dir, file)]);
    const { code, stderr } = await runFin(command, '--run', dir);
    expect(stderr).toContain(dir);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(code).toBe(2);
  });

  it.each(['tuned', 'forecaster-unfinished'])('fin predict --run %s reads no data', async (name) => {
    const args = ['predict', '--run', inFolder(name), '--data', inFolder('no-market')];
    const { code, stderr } = await runFin(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(name);
    expect(stderr).not.toContain('no-market');
  });

  it('leaves no folder for a run that never began', async () => {
    const cwd = process.cwd();
    mkdirSync(inFolder('clone'));
    process.chdir(inFolder('clone'));
    try {
      const { code } = await runFin('train', '--model', 'nope');
      expect(code).toBe(2);
      expect(existsSync('runs')).toBe(false);
    } finally {
      process.chdir(cwd);
    }
  });
});

describe('fin --resume of a run that lacks only its manifest', () => {
  it.each([
    ['train', 'forecaster', 'predictions.csv'],
    ['finetune', 'sentiment-tuning', 'confusion.json'],
  ] as const)('fin %s writes it and prints one JSON document', async (command, kind, last) => {
    const dir = inFolder(`stopped-${kind}`);
    const data = command === 'train' ? [] : ['--data', bank, '--model', folder];
    const run = await RunFolder.create(dir, { kind });
    const source = { data: command === 'train' ? null : bank, model: folder, signal: 0.01 };
    await run.writeJson('config.json', { settings: {}, source });
    await run.writeJson('data.json', { fingerprint: 'x' });
    await run.writeJson('environment.json', {
      backend: 'tensorflow',
      tensorflowVersion: '',
      fusedOps: true,
      precision: { asked: 'fp32', decision: null, summary: '' },
      node: '',
      platform: '',
      cpu: '',
      cores: 1,
      notes: [],
    });
    await run.writeText(last, '');
    await run.close();
    const { code, stdout, stderr } = await runFin(command, '--run', dir, '--resume', '--json', ...data);
    expect(stderr).toContain('lacked only its manifest');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ run: dir, repaired: true });
    await RunFolder.open(dir, kind);
  });
});
