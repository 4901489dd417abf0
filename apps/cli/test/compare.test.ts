import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { comparisonResultsSchema } from '@fin/compare';
import { syntheticMarket, writeKaggleFiles } from '@fin/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFin } from './run-fin.js';
import { numberedLabels, writeNumberedBank, writeTinyBank, writeTinyBert } from './tiny-bert.js';

const folder = mkdtempSync(join(tmpdir(), 'fin-compare-cli-'));
const [bank, numbered, market, model] = ['bank.txt', 'numbered.csv', 'market', 'model'].map((name) =>
  join(folder, name),
);

beforeAll(async () => {
  writeTinyBank(bank);
  writeNumberedBank(numbered);
  await writeKaggleFiles(syntheticMarket({ headlinesPerDay: 1 }), market);
  await writeTinyBert(model, ['positive', 'negative', 'neutral']);
});
afterAll(() => rmSync(folder, { recursive: true }));

const small = ['--seeds', '1', '--variants', 'full-fp32,lora-amp', '--max-batches', '3', '--batch-size', '4'];
const latency = ['--latency-calls', '2', '--latency-seconds', '1'];

describe('fin compare', () => {
  it('ends with one document of variants and differences', async () => {
    const run = join(folder, 'run');
    const sentences = ['--sentences', numbered, ...numberedLabels];
    const args = [...sentences, '--model', model, ...small, ...latency, '--run', run, '--json'];
    const { code, stdout, stderr } = await runFin('compare', ...args);
    expect(stderr).toMatch(/2\/[24] sentiment, lora-amp, seed 1:/); // two profiles follow on native TensorFlow
    expect(code).toBe(0);
    const { run: written, seconds, ...results } = JSON.parse(stdout);
    expect(written).toBe(run);
    expect(seconds).toBeGreaterThan(0);
    expect(comparisonResultsSchema.parse(results)).toEqual(results);
    expect(results.variants.map((row: { readonly name: string }) => row.name)).toEqual([
      'full-fp32',
      'lora-amp',
    ]);
    expect(results.delta.modelSizeReduction).toBeGreaterThan(1);
    expect(existsSync(join(run, 'manifest.json'))).toBe(true);
  }, 120_000);

  it.each([
    [[], 'an encoder is needed: name its folder with --model'],
    [['--model', 'no/such/model'], 'no/such/model'],
    [['--random-encoder', 'huge'], 'Allowed choices are tiny, mini, small, medium, base'],
    [['--random-encoder', 'tiny', '--job', 'sentiment'], 'the job sentiment needs labelled sentences'],
    [['--random-encoder', 'tiny', '--job', 'translation'], 'there is no job "translation"'],
    [['--random-encoder', 'tiny', '--variants', 'lora-amp'], 'needs two or more variants'],
    [['--random-encoder', 'tiny', '--variants', 'lora-amp,qlora'], 'there is no variant "qlora"'],
    [['--random-encoder', 'tiny', '--max-batches', '2'], 'a whole number of at least 3'],
    [['--random-encoder', 'tiny', '--precision', 'fp32'], 'Allowed choices are bf16, fp16'],
    [['--random-encoder', 'tiny', '--sentences', 'no-such-file.txt'], 'no-such-file.txt'],
    [['--random-encoder', 'tiny', '--sentences', numbered], 'Give their names, for example --labels'],
    [['--resume'], '--resume needs --run'],
  ])('%j ends with 2, says what is wrong, and writes nothing', async (args, message) => {
    const run = join(folder, 'refused');
    const where = args[0] === '--resume' ? [] : ['--data', market, '--run', run];
    const { code, stdout, stderr } = await runFin('compare', ...args, ...where);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(existsSync(run)).toBe(false);
  });
});
