import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { resolveSettings } from '@fin/forecast';
import { resolveTuning } from '@fin/sentiment';
import { afterAll, describe, expect, it } from 'vitest';
import { runFin } from './run-fin.js';

const folder = mkdtempSync(join(tmpdir(), 'fin-command-line-'));
const inFolder = (name: string) => join(folder, name);
const bin = fileURLToPath(new URL('../bin/fin.js', import.meta.url));
afterAll(() => rmSync(folder, { recursive: true }));

describe('fin --version', () => {
  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    expect(await runFin('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('messages of packages', () => {
  it('name the install command that works here', async () => {
    const env = {
      ...process.env,
      FIN_CACHE_DIR: inFolder('no-cache'),
      FIN_TENSORFLOW_DIR: '',
      FIN_COMMAND: '',
    };
    const child = spawn(
      process.execPath,
      [bin, 'train', '--backend', 'tensorflow', '--run', inFolder('none')],
      {
        env,
      },
    );
    const stderr = await text(child.stderr);
    expect(stderr).toContain('run `fin install`.');
    expect(stderr).not.toContain('npx');
  });
});

describe('--json', () => {
  it.each([
    [['trian', '--json'], /unknown command 'trian'/],
    [['data', 'check', '--jsn', '--json'], /unknown option '--jsn'/],
    [['train', '--epochs', 'many', '--json'], /a whole number of at least 1/],
    [['sentiment', '--json'], /required option '--model <dir>'/],
    [['finetune', '--json'], /required option '--data <file>'/],
    [['train', '--resume', '--json'], /--resume needs --run/],
    [['data', '--json'], /./],
    [['evaluate', '--run', inFolder('none'), '--json'], /none/],
  ])('prints the error of %j as one document', async (args, message) => {
    const { code, stdout, stderr } = await runFin(...args);
    expect(code).toBe(2);
    expect(stderr).not.toBe('');
    const { error } = JSON.parse(stdout);
    expect(error).toMatchObject({ kind: 'input', message: expect.stringMatching(message) });
    expect(error.message).not.toMatch(/^error:/);
  });
});

describe.skipIf(process.platform === 'win32')('a reader that closes the pipe', () => {
  it.each([['data', 'check', '--json', '--all'], ['--help'], ['data', 'check', '--data', inFolder('none')]])(
    'ends fin %s %s without a stack trace',
    async (...args) => {
      const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
      child.stdout.destroy();
      let stderr = '';
      child.stderr.on('data', (chunk) => {
        stderr += chunk;
      });
      const code = await new Promise((resolve) => child.once('close', resolve));
      expect(stderr).not.toMatch(/EPIPE|\n {4}at /);
      expect(code).toBe(args.includes(inFolder('none')) ? 2 : 0);
    },
  );
});

describe('--help', () => {
  const help = async (command: string) => (await runFin(command, '--help')).stdout.replace(/\s+/g, ' ');

  it('shows the defaults of a forecaster', async () => {
    const [settings, joint, full] = [
      resolveSettings(),
      resolveSettings({ text: 'joint', model: 'm' }),
      resolveSettings({ text: 'joint', model: 'm', finetuning: 'full' }),
    ];
    const text = await help('train');
    const { lora, lstm } = settings;
    for (const [flag, value] of [
      ['--seed', settings.seed],
      ['--aggregate', settings.aggregate],
      ['--finetuning', settings.finetuning],
      ['--precision', settings.precision],
      ['--window', settings.window],
      ['--hidden-size', lstm.hiddenSize],
      ['--layers', lstm.numLayers],
      ['--lstm-dropout', lstm.dropout],
      ['--pooling', lstm.pooling],
      ['--fusion-size', settings.fusionSize],
      ['--target', settings.target],
      ['--lora-r', lora.r],
      ['--lora-alpha', lora.loraAlpha],
      ['--lora-dropout', lora.loraDropout],
      [
        '--headlines-per-day',
        `${settings.trainHeadlinesPerDay}, with --text joint ${joint.trainHeadlinesPerDay}`,
      ],
      ['--batch-size', settings.batchSize],
      ['--accumulate', settings.gradientAccumulationSteps],
      ['--epochs', settings.epochs],
      ['--patience', settings.patience],
      ['--learning-rate', settings.learningRate],
      [
        '--text-learning-rate',
        `that of --learning-rate; with --text joint ${joint.textLearningRate}, in full ${full.textLearningRate.toFixed(5)}`,
      ],
      ['--weight-decay', settings.weightDecay],
      ['--max-grad-norm', settings.maxGradNorm],
    ] as const) {
      expect(text).toMatch(new RegExp(` ${flag} <[^(]*\\(default: ${value}\\)`));
    }
  });

  it('shows the defaults of fine-tuning', async () => {
    const [lora, full] = [resolveTuning({ method: 'lora' }), resolveTuning({ method: 'full' })];
    const text = await help('finetune');
    for (const value of [
      `default: ${lora.epochs} with lora, ${full.epochs} with full`,
      `default: ${lora.learningRate} with lora, ${full.learningRate} with full`,
      `default: ${lora.layerDecay} with lora, ${full.layerDecay} with full`,
      `default: ${lora.batchSize}`,
      `default: ${lora.lora?.r}`,
      `default: ${lora.lora?.loraAlpha}`,
      `default: ${lora.lora?.loraDropout}`,
      `default: ${String(lora.lora?.targetModules).replace(',', ' ')}`,
    ]) {
      expect(text).toContain(value);
    }
  });
});

describe('numbers', () => {
  const train = ['train', '--run', inFolder('never')];
  const finetune = ['finetune', '--data', inFolder('bank'), '--model', folder, '--run', inFolder('never')];

  it.each([
    ...[
      '',
      ' ',
      'NaN',
      'Infinity',
      '1e400',
      '-1',
      '-0',
      '1.5',
      '0x10',
      '1_000',
      '9007199254740993',
      '1;2',
    ].map((value) => [train, '--seed', value] as const),
    ...['0', '1e12', '1e3.5', ' 3'].map((value) => [train, '--epochs', value] as const),
    ...['-0.01', '1', '1e300', '', 'NaN', '-0'].map((value) => [train, '--signal', value] as const),
    ...['1e300', '0.5', '', 'Infinity'].map((value) => [finetune, '--layer-decay', value] as const),
    ...['1e9', '0', '-0', '-1', 'NaN'].map((value) => [finetune, '--learning-rate', value] as const),
    ...['1', '1.5', '-0.1'].map((value) => [finetune, '--lora-dropout', value] as const),
    ...['0', '1e300'].map((value) => [finetune, '--lora-alpha', value] as const),
    ...['0', '1e8', '2.5'].map((value) => [finetune, '--r', value] as const),
    ...['0', '1e9', '2.5'].map((value) => [train, '--window', value] as const),
    ...['0', '-1'].map((value) => [train, '--text-learning-rate', value] as const),
    ...['1', 'x'].map((value) => [train, '--lstm-dropout', value] as const),
    ...['0', '1e9'].map((value) => [finetune, '--batch-size', value] as const),
    ...['-1', '1e400'].map((value) => [finetune, '--split-seed', value] as const),
  ])('%# %j %s %j is refused, naming the option', async (args, flag, value) => {
    const { code, stdout, stderr } = await runFin(...args, flag, value);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(new RegExp(`option '${flag}(, --[a-z-]+)? <`)); // an option may have a second name
    expect(stderr).toMatch(/a (whole )?number (of at least|above)/);
    expect(existsSync(inFolder('never'))).toBe(false);
  });
});

describe('paths', () => {
  it.each([
    ['train', '--run', ''],
    ['train', '--data', ''],
    ['train', '--model', ''],
    ['evaluate', '--run', ''],
    ['report', '--out', ''],
    ['sentiment', '--model', ''],
    ['sentiment', '--model', folder, '--out', ''],
    ['sentiment', '--model', folder, '--cache', ''],
    ['model', 'info', ''],
  ])('fin %s %s %j: an empty one is refused', async (...args) => {
    const { code, stderr } = await runFin(...args);
    expect(code).toBe(2);
    expect(stderr).toContain('a path is needed');
  });
});

describe('an output that cannot be written', () => {
  const file = inFolder('file');
  const dangling = inFolder('dangling');
  writeFileSync(file, 'mine');
  mkdirSync(inFolder('taken'));
  if (process.platform !== 'win32') symlinkSync(inFolder('nowhere'), dangling);
  const long = 'n'.repeat(300);

  it.each([
    ...[
      join(file, 'x'),
      join(file, 'x/y/z'),
      inFolder('taken'),
      join(dangling, 'x'),
      inFolder(long),
      '/dev/null',
    ].map((out) => ['sentiment', '--model', folder, '--out', out]),
    ...[file, join(file, 'x'), '/dev/null', dangling, inFolder(`a/${long}/b`)].flatMap((run) => [
      ['train', '--run', run],
      ['finetune', '--data', file, '--model', folder, '--run', run],
      ['model', 'convert', folder, '--out', run],
      ['sentiment', '--model', folder, '--cache', run],
    ]),
  ])('is found before any work: fin %s %s %s %s %s %s', async (...args) => {
    const before = readdirSync(folder).sort();
    const { code, stdout, stderr } = await runFin(...args.filter((word) => word !== undefined));
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('cannot be written');
    expect(stderr.trim().split('\n')).toHaveLength(1); // no backend was loaded, nothing was scored
    expect(readdirSync(folder).sort()).toEqual(before);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });
});

describe('the check of data', () => {
  it('prints counts and first findings, and all findings on request', async () => {
    const short = await runFin('data', 'check', '--json');
    const all = await runFin('data', 'check', '--json', '--all');
    const [some, every] = [short, all].map(({ stdout }) => JSON.parse(stdout));
    expect(some.counts).toEqual(every.counts);
    expect(some.counts.repeatedHeadlines).toBe(every.repeatedHeadlines.length);
    expect(some.counts.repeatedHeadlines).toBeGreaterThan(20);
    expect(some.repeatedHeadlines).toHaveLength(20);
    expect(short.stdout.length).toBeLessThan(100_000);
    expect(all.stdout.length).toBeGreaterThan(5 * short.stdout.length);
  });

  it('prints changes in percent, not log returns', async () => {
    const { stdout } = await runFin('data', 'describe');
    const { returns } = JSON.parse((await runFin('data', 'describe', '--json')).stdout);
    expect(stdout).toContain(`best ${(100 * Math.expm1(returns.best.logReturn)).toFixed(2)} %`);
  });
});
