import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syntheticMarket, writeKaggleFiles } from '@fin/data';
import { loadTensorFlow } from '@fin/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFin } from './run-fin.js';
import { numberedLabels, writeNumberedBank, writeTinyBank, writeTinyBert } from './tiny-bert.js';

const folder = mkdtempSync(join(tmpdir(), 'fin-profile-'));
const inFolder = (name: string) => join(folder, name);
const market = inFolder('market');
const bank = inFolder('bank.txt');
const encoder = inFolder('encoder');
const native = (await loadTensorFlow()).backend === 'tensorflow';
const trainings = {
  train: ['train', '--data', market, '--epochs', '1', '--prices-only'],
  finetune: ['finetune', '--data', bank, '--model', encoder, '--epochs', '2', '--batch-size', '4'],
};

beforeAll(async () => {
  await writeKaggleFiles(syntheticMarket({ start: '2013-08-01', days: 400, headlinesPerDay: 2 }), market);
  writeTinyBank(bank);
  writeNumberedBank(inFolder('numbered.csv'));
  await writeTinyBert(encoder, ['LABEL_0', 'LABEL_1']);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The results of a run, without times. */
function results(run: string): Record<string, string> {
  const files = readdirSync(run, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => /(safetensors|csv|evaluation\.json|confusion\.json|metrics\.jsonl)$/.test(path))
      .map((path) => [path.slice(run.length), readFileSync(path, 'latin1').replace(/"seconds":[\d.]+/g, '')]),
  );
}

describe.each(Object.entries(trainings))('fin %s', (name, args) => {
  const plain = inFolder(`${name}-plain`);
  const profiled = inFolder(`${name}-profiled`);
  const logs = inFolder(`${name}-logs`);

  it.skipIf(!native)('--profile and --tensorboard record it and change nothing', async () => {
    expect((await runFin(...args, '--run', plain)).code).toBe(0);
    const recorded = ['--run', profiled, '--profile', '--tensorboard', logs];
    const { code, stderr } = await runFin(...args, ...recorded);
    expect(code).toBe(0);
    expect(stderr).toMatch(/profiled updates \d to \d: [\d.]+ ms each/);
    expect(Object.keys(results(profiled)).length).toBeGreaterThan(3);
    expect(results(profiled)).toEqual(results(plain));
    const read = (file: string) => readFileSync(join(profiled, file), 'utf8');
    expect(JSON.parse(read('profile.json'))).toMatchObject({ format: 'fin-profile', steps: 3 });
    for (const part of ['3 steps', 'MatMul', 'backward', 'optimizer', 'measured peak', 'processor'])
      expect(read('profile.txt')).toContain(part);
    expect(JSON.parse(read('trace.json')).traceEvents.length).toBeGreaterThan(100);
    const listed = JSON.parse(read('manifest.json')).files.map(({ path }: { path: string }) => path);
    for (const file of ['profile.json', 'profile.txt', 'trace.json']) expect(listed).toContain(file);
    const [log] = readdirSync(logs);
    const tags = ['train/loss', 'train/learningRate', 'evaluation/loss', 'train/epochLoss'];
    for (const tag of tags) expect(readFileSync(join(logs, log), 'latin1')).toContain(tag);
  });

  it.skipIf(!native)('--overwrite removes the profile of the run before', async () => {
    expect((await runFin(...args, '--run', profiled, '--overwrite')).code).toBe(0);
    expect(existsSync(join(profiled, 'profile.json'))).toBe(false);
  });

  it.skipIf(native)('--profile says that it needs native TensorFlow, before any work', async () => {
    const { code, stderr } = await runFin(...args, '--run', profiled, '--profile');
    expect(code).toBe(1);
    expect(stderr).toContain('native TensorFlow only');
    expect(existsSync(profiled)).toBe(false);
  });

  it('--tensorboard refuses the folder of a run, and the log of another run', async () => {
    const run = inFolder(`${name}-refused`);
    const inside = await runFin(...args, '--run', run, '--tensorboard', join(run, 'logs'));
    expect(inside.code).toBe(2);
    expect(inside.stderr).toContain(`it is part of the run in ${run}`);
    const shared = inFolder(`${name}-shared`);
    mkdirSync(shared);
    writeFileSync(join(shared, 'events.out.tfevents.1.somewhere.1.0'), '');
    const other = await runFin(...args, '--run', run, '--tensorboard', shared);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('holds the log of another run');
    expect(existsSync(run)).toBe(false);
  });
});

describe.skipIf(!native)('fin profile', () => {
  const low = inFolder('low.json');
  const profileMarket = ['profile', '--data', market, '--model', encoder];

  it('prints ops, phases, memory and the share of the peak, writes a trace, and leaves nothing else', async () => {
    const before = readdirSync(folder);
    const trace = inFolder('trace-of-profile.json');
    const { code, stdout } = await runFin(...profileMarket, '--finetuning', 'full', '--trace', trace);
    expect(code).toBe(0);
    for (const part of [
      'joint-full+lstm',
      '3 steps',
      'JavaScript between ops',
      'backward',
      'weights',
      'peak',
    ])
      expect(stdout).toContain(part);
    expect(JSON.parse(readFileSync(trace, 'utf8')).traceEvents.length).toBeGreaterThan(100);
    expect(readdirSync(folder).filter((name) => !before.includes(name))).toEqual(['trace-of-profile.json']);
  });

  it('profiles a sentiment model where the data are sentences, and compares two profiles', async () => {
    const { code, stdout } = await runFin(
      'profile',
      ...[
        '--data',
        inFolder('numbered.csv'),
        ...numberedLabels,
        '--model',
        encoder,
        '--precision',
        'bf16',
        '--batch-size',
        '4',
        '--json',
      ],
    );
    expect(code).toBe(0);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ format: 'fin-profile', steps: 3 });
    expect(summary.about.model).toContain('LoRA');
    writeFileSync(low, stdout);
    expect((await runFin(...trainings.finetune, '--run', inFolder('before'), '--profile')).code).toBe(0);
    const compared = await runFin('profile', '--compare', inFolder('before'), low);
    expect(compared.code).toBe(0);
    for (const part of ['before: ', 'precision bf16', 'Calls before', 'BatchMatMulV2', 'total'])
      expect(compared.stdout).toContain(part);
    const { stdout: json } = await runFin('profile', '--compare', low, low, '--json');
    const { ops } = JSON.parse(json);
    expect(ops.length).toBeGreaterThan(5);
    for (const { ratio } of ops) expect(ratio).toBe(1);
  });

  it('refuses what it cannot use, and says what to do', async () => {
    const refusals = [
      [['--compare', low], '--compare needs two profiles'],
      [['--compare', low, low, '--precision', 'bf16'], "cannot be used with option '--precision"],
      [['--compare', low, bank], 'bank.txt: cannot be read'],
      [['--compare', low, join(encoder, 'config.json')], 'is no profile of this version (format'],
      [['--compare', low, inFolder('finetune-plain')], 'was not profiled: train it with --profile'],
      [['--compare', low, inFolder('nowhere')], 'nowhere'],
      [['--model', encoder, '--trace', join(encoder, 'config.json')], 'it is an input of this command'],
      [['--model', inFolder('nowhere')], 'nowhere'],
      [['--data', inFolder('numbered.csv')], 'Give their names, for example --labels'],
      [['--data', market, ...numberedLabels], '--labels needs a file of labelled sentences'],
    ] as const;
    for (const [args, message] of refusals) {
      const { code, stderr } = await runFin('profile', ...args);
      expect(stderr).toContain(message);
      expect(code).toBe(2);
    }
  });
});

describe('fin profile on an adapter', () => {
  it.skipIf(!native)(
    'names no option of another command',
    async () => {
      const tuned = inFolder('tuned');
      expect((await runFin(...trainings.finetune, '--run', tuned)).code).toBe(0);
      const { code, stderr } = await runFin('profile', '--data', bank, '--model', tuned);
      expect(code).toBe(2);
      expect(stderr).toContain('holds an adapter, and new adapters need a whole model to start from');
      const { stdout: help } = await runFin('profile', '--help');
      const named = stderr.replace(/`[^`]*`/g, '').match(/--[a-z-]+/g) ?? [];
      expect(named.filter((name) => !help.includes(name))).toEqual([]);
    },
    120_000,
  );

  it.skipIf(!native)(
    'reads sentences in columns of any name',
    async () => {
      const tweets = inFolder('tweets.csv');
      const rows = Array.from(
        { length: 30 },
        (_, i) => `profit rose ${i},${['positive', 'negative', 'neutral'][i % 3]}`,
      );
      writeFileSync(tweets, `words,mood\n${rows.join('\n')}\n`);
      const options = ['profile', '--data', tweets, '--model', encoder, '--batch-size', '2'];
      const refused = await runFin(...options);
      expect([refused.code, refused.stderr]).toEqual([
        2,
        expect.stringContaining('give --columns text=NAME'),
      ]);
      const { code, stderr } = await runFin(...options, '--columns', 'text=words,label=mood');
      expect(code, stderr).toBe(0);
    },
    120_000,
  );
});
