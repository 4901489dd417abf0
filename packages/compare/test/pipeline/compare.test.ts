import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { syntheticMarket } from '@fin/data';
import { profileSummarySchema } from '@fin/profiler';
import { RunFolder } from '@fin/run';
import { fullTier } from '@fin/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRandomEncoder } from '../../src/encoder/random-encoder.js';
import type { CompareEvent, CompareResult, Measurement } from '../../src/index.js';
import { compare, comparisonResultsSchema, measurementSchema, profileFile } from '../../src/index.js';
import { smallBank, smallSettings, temporaryFolder } from './small-comparison.js';

const onTensorFlow = process.env.FIN_BACKEND === undefined || process.env.FIN_BACKEND === 'tensorflow';
/**
 * Each measurement takes processes of its own: the full tier alone repeats on wasm what is the same on each backend. On cpu, where training a
 * forecaster takes half an hour, one job stays enough.
 */
const wholly = onTensorFlow || (fullTier && process.env.FIN_BACKEND !== 'cpu');
const jobs = wholly ? (['sentiment', 'forecast'] as const) : (['sentiment'] as const);
/** Time limit, ms: on the cpu backend, in the full tier alone, the processes take many minutes. */
const PIPELINE = fullTier ? 600_000 : 120_000;
const bank = smallBank();
let dir: string;
let modelDir: string;

beforeAll(async () => {
  dir = temporaryFolder();
  modelDir = join(dir, 'model');
  const texts = bank.sentences.map(({ text }) => text);
  await writeRandomEncoder('tiny', texts, modelDir);
});

afterAll(() => rmSync(dir, { recursive: true }));

/** The part of a measurement that depends on no clock. */
function timeless({ training, latency, seconds: _, ...rest }: Measurement): unknown {
  const { updates, updatesPerEpoch } = training;
  return {
    ...rest,
    updates,
    updatesPerEpoch,
    latency: latency.map(({ batchSize, merged }) => [batchSize, merged]),
  };
}

function measurementsOf(run: string): Measurement[] {
  const lines = readFileSync(join(run, 'measurements.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => measurementSchema.parse(JSON.parse(line)));
}

describe('a comparison of two variants', () => {
  const runDir = () => join(dir, 'both');
  const events: CompareEvent[] = [];
  let result: CompareResult;

  beforeAll(async () => {
    result = (await compare({
      bank,
      market: wholly ? syntheticMarket() : undefined,
      modelDir,
      runDir: runDir(),
      settings: smallSettings,
      onEvent: (event) => events.push(event),
    }))!;
  }, 3 * PIPELINE);

  it('measures cost, latency and scores of each variant in each job', () => {
    expect(result.variants.map(({ job, name }) => `${job} ${name}`)).toEqual(
      jobs.flatMap((job) => [`${job} full-fp32`, `${job} lora-amp`]),
    );
    for (const row of result.variants) {
      expect(row.epochSeconds).toBeGreaterThan(0);
      expect(row.tokensPerSecond).toBeGreaterThan(row.headlinesPerSecond);
      expect(row.peakMemoryMB).toBeGreaterThan(50);
      expect(row.utilization).toBeGreaterThan(0);
      expect(row.latencyMs).toHaveLength(row.finetuning === 'lora' ? 4 : 2);
      for (const { p50, p95 } of row.latencyMs) expect(p95).toBeGreaterThanOrEqual(p50);
      const scores = row.job === 'sentiment' ? [row.accuracy, row.macroF1] : [row.rmse, row.mae, row.mape];
      for (const score of scores) expect(score).toBeGreaterThanOrEqual(0);
      expect(row.job === 'sentiment' ? row.rmse : row.accuracy).toBeNull();
    }
  });

  it('counts the trained parameters, and the bytes that must be kept', () => {
    const [full, lora] = result.variants;
    expect(full.trainableParameters).toBe(full.parameters);
    expect(full.checkpointBytes).toBeGreaterThan(4 * full.parameters);
    // r (8) times width (128) for A and for B, query and value, two layers; a classifier of 3 classes.
    expect(lora.trainableParameters).toBe(8 * 128 * 2 * 2 * 2 + 128 * 3 + 3);
    expect(lora.checkpointBytes).toBeLessThan(full.checkpointBytes / 100);
    expect(result.delta.modelSizeReduction).toBeGreaterThan(100);
  });

  it('writes a verified run folder whose files agree', async () => {
    const run = await RunFolder.open(runDir(), 'comparison');
    const stored = await run.readJson('results.json', comparisonResultsSchema);
    const { run: _, seconds: __, ...same } = result;
    expect(stored).toEqual(same);
    expect(measurementsOf(runDir())).toHaveLength(2 * jobs.length);
    expect(await run.readText('table.md')).toContain('| sentiment | full-fp32 |');
    expect((await run.readText('table.csv')).trim().split('\n')).toHaveLength(1 + 2 * jobs.length);
    expect(existsSync(join(runDir(), 'checkpoints'))).toBe(false);
  });

  it('keeps the losses of each epoch', () => {
    for (const { epochs } of measurementsOf(runDir())) {
      expect(epochs).toHaveLength(1);
      expect(epochs[0].trainLoss).toBeGreaterThan(0);
      expect(epochs[0].validationLoss).toBeGreaterThan(0);
    }
  });

  it('tells of each measurement', () => {
    const done = events.filter(({ kind }) => kind === 'measurement');
    expect(done).toHaveLength(2 * jobs.length);
    expect(events[0].kind).toBe('precision');
  });

  it('measures tensors on native TensorFlow alone', () => {
    const native = result.variants.every(({ peakTensorMB }) => peakTensorMB !== null);
    expect(native).toBe(onTensorFlow);
  });

  it('profiles baseline and optimized variant in each job, on native TensorFlow alone', async () => {
    const run = await RunFolder.open(runDir(), 'comparison');
    const told = events.filter(({ kind }) => kind === 'profile');
    expect(told).toHaveLength(onTensorFlow ? 4 : 0);
    expect(existsSync(join(runDir(), 'profiles'))).toBe(onTensorFlow);
    if (!onTensorFlow) return;
    for (const { job, name, precision } of result.variants) {
      const summary = await run.readJson(profileFile(job, name), profileSummarySchema);
      expect(summary.about).toMatchObject({ job, variant: name, precision });
      expect(summary.steps).toBe(3);
      expect(summary.phases.map(({ phase }) => phase)).toEqual(
        expect.arrayContaining(['forward', 'backward']),
      );
      expect(summary.memory!.peak.bytes.weights).toBeGreaterThan(1000);
    }
  });
});

describe.skipIf(!wholly)('a comparison that was interrupted', () => {
  const runDir = () => join(dir, 'stopped');
  const resume = () => ({ runDir: runDir(), resume: true }) as const;

  beforeAll(async () => {
    const controller = new AbortController();
    const stopped = await compare({
      bank,
      modelDir,
      runDir: runDir(),
      settings: smallSettings,
      signal: controller.signal,
      onEvent: (event) => event.kind === 'measurement' && controller.abort(),
    });
    expect(stopped).toBeNull();
  }, PIPELINE);

  it('is refused with another model, other sentences or other settings', async () => {
    const other = join(dir, 'other-model');
    await writeRandomEncoder('tiny', ['other words', 'other words'], other);
    await expect(compare({ bank, modelDir: other, ...resume() })).rejects.toThrow(/begun with the model in/);
    await expect(compare({ bank: smallBank(63), modelDir, ...resume() })).rejects.toThrow(/other data/);
    await expect(compare({ bank, modelDir, ...resume(), settings: { epochs: 2 } })).rejects.toThrow(
      /epochs was 1, and 2 is asked for/,
    );
    await expect(compare({ modelDir, ...resume() })).rejects.toThrow(/the job sentiment needs/);
  });

  it(
    'goes on after its finished measurements, to the same scores',
    async () => {
      const events: CompareEvent[] = [];
      const resumed = await compare({ bank, modelDir, ...resume(), onEvent: (event) => events.push(event) });
      expect(resumed).not.toBeNull();
      expect(events.find(({ kind }) => kind === 'resume')).toMatchObject({
        done: 1,
        total: onTensorFlow ? 4 : 2,
      });
      expect(events.filter(({ kind }) => kind === 'measurement')).toHaveLength(1);
      const whole = measurementsOf(join(dir, 'both')).filter(({ job }) => job === 'sentiment');
      expect(measurementsOf(runDir()).map(timeless)).toEqual(whole.map(timeless));
    },
    PIPELINE,
  );
});

it.skipIf(!wholly)(
  'names the measurement that failed',
  async () => {
    const [first, ...rest] = bank.sentences;
    const long = { ...bank, sentences: [{ ...first, text: 'profit '.repeat(600) }, ...rest] };
    const settings = { ...smallSettings, maxSentences: null, sentiment: { maxLength: 1000 } };
    await expect(compare({ bank: long, modelDir, runDir: join(dir, 'failed'), settings })).rejects.toThrow(
      /^sentiment, full-fp32, seed 1: /,
    );
  },
  60_000,
);
