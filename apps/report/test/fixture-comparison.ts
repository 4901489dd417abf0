import type { ComparisonResults, DeltaName, JobName, Measurement, VariantName } from '@fin/compare';
import {
  comparisonResultsSchema,
  deltaNames,
  measurementSchema,
  profileFile,
  usualVariants,
} from '@fin/compare';
import type { KeyAverage, MemorySample, ProfileSummary } from '@fin/profiler';
import { memoryCategories, profileSummarySchema } from '@fin/profiler';
import { RunFolder } from '@fin/run';

const MB = 1e6;

/** Made-up costs of each variant: seconds per epoch, peak MB, checkpoint MB, ms per call. */
const COSTS: Readonly<Record<string, readonly [number, number, number, number]>> = {
  'full-fp32': [60, 2400, 90, 12],
  'full-amp': [24, 1800, 90, 8],
  'lora-fp32': [40, 1400, 0.27, 12],
  'lora-amp': [15, 900, 0.27, 8],
};

const SEEDS = [1, 2, 3];

/** Writes a comparison of all variants in both jobs as `fin compare` would, with made-up figures. */
export async function writeFixtureComparison(
  runDir: string,
  { profiles }: { readonly profiles: boolean },
): Promise<void> {
  const jobs: readonly JobName[] = ['sentiment', 'forecast'];
  const measurements = jobs.flatMap((job) =>
    SEEDS.flatMap((seed) => usualVariants.map((variant) => measurementOf(job, variant, seed))),
  );
  const results = comparisonResultsSchema.parse(resultsOf(jobs, measurements));
  const folder = await RunFolder.create(runDir, { kind: 'comparison', overwrite: true });
  const files = {
    'config.json': { settings: { seeds: 3, precision: 'bf16' }, source: { data: 'made-up' } },
    'environment.json': {
      backend: 'fixture',
      tensorflowVersion: 'none: these figures are made up',
      fusedOps: true,
      node: '20.20.2',
      platform: 'linux-x64',
      cpu: 'no processor',
      cores: 2,
      notes: [],
    },
    'data.json': {
      fingerprint: 'f1c7'.repeat(16),
      sentiment: null,
      forecast: { name: 'made-up market', synthetic: true, signal: 0.01 },
    },
    'results.json': results,
  };
  for (const [name, value] of Object.entries(files)) await folder.writeJson(name, value);
  await folder.writeText('metrics.jsonl', '');
  const lines = measurements.map((one) => `${JSON.stringify(measurementSchema.parse(one))}\n`);
  await folder.writeText('measurements.jsonl', lines.join(''));
  for (const job of profiles ? jobs : []) {
    for (const variant of ['full-fp32', 'lora-amp'] as const) {
      await folder.writeJson(profileFile(job, variant), profileSummarySchema.parse(profileOf(job, variant)));
    }
  }
  await folder.finish();
}

const isLora = (variant: VariantName): boolean => variant.startsWith('lora');

function measurementOf(job: JobName, variant: VariantName, seed: number): Measurement {
  const [seconds, memory, size, ms] = COSTS[variant];
  const drift = 1 + seed / 100;
  return {
    job,
    variant,
    seed,
    repeat: 0,
    training: {
      updates: 100,
      updatesPerEpoch: 102,
      epochSeconds: seconds * drift,
      headlinesPerSecond: 3000 / seconds,
      tokensPerSecond: 90_000 / seconds,
      utilization: 0.92,
      peakMemoryBytes: memory * MB,
      peakTensorBytes: 0.75 * memory * MB,
      weightBytes: 90.8 * MB,
      optimizerBytes: (isLora(variant) ? 0.6 : 181.6) * MB,
      gpu: null,
    },
    checkpoint: { bytes: size * MB, files: 3 },
    trainableParameters: isLora(variant) ? 75_000 : 22_700_000,
    parameters: 22_700_000,
    latency: [1, 8, 32].flatMap((batchSize) =>
      (isLora(variant) ? [true, false] : [true]).map((merged) => {
        const p50Ms = ms * batchSize ** 0.8 * (merged ? 1 : 1.2);
        return { batchSize, merged, coldMs: 5 * p50Ms, p50Ms, p95Ms: 1.3 * p50Ms, calls: 50 };
      }),
    ),
    epochs: [1, 2, 3].map((epoch) => ({
      epoch,
      trainLoss: (1 + seed / 50) / epoch,
      validationLoss: (1.1 + seed / 50) / epoch ** 0.8,
    })),
    scores: scoresOf(job, isLora(variant), seed),
    seconds: 300,
  };
}

function scoresOf(job: JobName, lora: boolean, seed: number): Measurement['scores'] {
  const none = { rmse: null, mae: null, mape: null, directionalAccuracy: null };
  if (job === 'sentiment') {
    return { ...none, accuracy: 0.86 + seed / 1000, macroF1: (lora ? 0.842 : 0.844) + seed / 1000 };
  }
  const error = (lora ? 128 : 127) + seed;
  return {
    rmse: 1.3 * error,
    mae: error,
    mape: error / 17_000,
    directionalAccuracy: 0.52,
    accuracy: null,
    macroF1: null,
  };
}

/** A profile of one update with a few ops. */
function profileOf(job: JobName, variant: VariantName): ProfileSummary {
  const [seconds, memory] = COSTS[variant];
  const ms = 10 * seconds;
  const op = (name: string, share: number, calls: number): KeyAverage => ({
    name,
    kind: name === 'JavaScript' ? 'javascript' : 'op',
    shapes: [],
    stack: [],
    calls,
    selfTotal: 1000 * ms * share,
    total: 1000 * ms * share,
    average: (1000 * ms * share) / calls,
    outputBytes: 1e6,
    flops: name === 'MatMul' ? 1e9 : null,
    dtype: name === 'MatMul' ? 'float32' : null,
    fuses: null,
  });
  const sample = (time: number, share: number): MemorySample => {
    const bytes = Object.fromEntries(memoryCategories.map((category) => [category, 0]));
    const total = 0.75 * memory * MB * share;
    return {
      time,
      bytes: { ...bytes, weights: 0.5 * total, activations: 0.5 * total } as MemorySample['bytes'],
      total,
    };
  };
  const timeline = [0.5, 0.8, 1, 0.7, 0.5].map((share, i) => sample(i * 200 * ms, share));
  return {
    format: 'fin-profile',
    version: 1,
    about: { job, variant },
    steps: 1,
    duration: 1000 * ms,
    opTime: 900 * ms,
    javascriptTime: 100 * ms,
    products: { flops: 1e9, time: 500 * ms, shareOfPeak: 0.4 },
    peak: { float32: 200 },
    ops: [
      op(isLora(variant) ? 'FinEncoder' : 'MatMul', 0.6, 10),
      op('FinAdamW', 0.3, 1),
      op('JavaScript', 0.1, 11),
    ],
    phases: ['forward', 'backward', 'optimizer'].map((phase) => ({
      phase,
      time: 330 * ms,
      opTime: 300 * ms,
      ops: 4,
    })),
    memory: { start: timeline[0], peak: timeline[2], timeline },
  };
}

type Row = ComparisonResults['variants'][number];

function rowOf(job: JobName, name: VariantName, own: readonly Measurement[]): Row {
  const [finetuning, precision] = name.split('-');
  const mean = (of: (one: Measurement) => number) => own.reduce((sum, one) => sum + of(one), 0) / own.length;
  const [{ latency, checkpoint, trainableParameters, parameters, scores }] = own;
  return {
    name,
    finetuning: finetuning as 'lora' | 'full',
    precision: precision === 'amp' ? 'bf16' : 'fp32',
    optimizer: 'adamw',
    inference: null,
    storage: null,
    job,
    measurements: own.length,
    scoredSeeds: own.length,
    stillImproving: 0,
    epochSeconds: mean(({ training }) => training.epochSeconds),
    epochSecondsDeviation: 0.3,
    headlinesPerSecond: mean(({ training }) => training.headlinesPerSecond),
    tokensPerSecond: mean(({ training }) => training.tokensPerSecond),
    utilization: 0.92,
    peakMemoryMB: mean(({ training }) => training.peakMemoryBytes / MB),
    peakTensorMB: mean(({ training }) => training.peakTensorBytes! / MB),
    weightMB: mean(({ training }) => training.weightBytes! / MB),
    optimizerMB: mean(({ training }) => training.optimizerBytes! / MB),
    gpuUtilization: null,
    gpuMemoryMB: null,
    checkpointMB: checkpoint.bytes / MB,
    checkpointBytes: checkpoint.bytes,
    latencyMs: latency.map(({ batchSize, merged, coldMs, p50Ms, p95Ms }) => ({
      batchSize,
      merged,
      cold: coldMs,
      p50: p50Ms,
      p95: p95Ms,
    })),
    trainableParameters,
    parameters,
    ...scores!,
  };
}

function resultsOf(jobs: readonly JobName[], measurements: readonly Measurement[]): ComparisonResults {
  const variants = jobs.flatMap((job) =>
    usualVariants.map((name) =>
      rowOf(
        job,
        name,
        measurements.filter((one) => one.job === job && one.variant === name),
      ),
    ),
  );
  const deltas = jobs.flatMap((job) =>
    usualVariants.slice(1).flatMap((variant) => {
      const row = (name: VariantName) => variants.find((one) => one.job === job && one.name === name)!;
      return deltasOf(row('full-fp32'), row(variant));
    }),
  );
  const value = (metric: DeltaName) =>
    deltas.find((delta) => delta.variant === 'lora-amp' && delta.metric === metric)?.value ?? null;
  const headline = Object.fromEntries(deltaNames.map((name) => [name, value(name)]));
  return {
    jobs,
    encoder: 'made-up encoder',
    costOnly: false,
    seeds: SEEDS.length,
    repeats: 1,
    epochs: 3,
    level: 0.95,
    baseline: 'full-fp32',
    optimized: 'lora-amp',
    variants,
    delta: headline as ComparisonResults['delta'],
    deltas,
  };
}

function deltasOf(base: Row, row: Row): ComparisonResults['deltas'][number][] {
  const typical = ({ latencyMs }: Row, merged: boolean) =>
    latencyMs.find((one) => one.merged === merged)?.p50 ?? null;
  const delta = (metric: DeltaName, before: number | null, after: number | null) => {
    if (before === null || after === null) return [];
    const kind = metric.startsWith('delta') ? ('difference' as const) : ('ratio' as const);
    const value = kind === 'ratio' ? before / after : after - before;
    const margin = kind === 'ratio' ? 0.03 * value : Math.max(0.004, 0.6 * Math.abs(value));
    const isNoise = kind === 'difference' && (metric === 'deltaMacroF1' || value === 0);
    const interval: [number, number] = isNoise
      ? [value - 0.006, value + 0.006]
      : [value - margin, value + margin];
    const isMore = kind === 'ratio' ? interval[1] < 1 : interval[0] > 0;
    const isLess = kind === 'ratio' ? interval[0] > 1 : interval[1] < 0;
    const conclusion = isLess ? ('better' as const) : isMore ? ('worse' as const) : ('noise' as const);
    const { job, name: variant } = row;
    const rest = { job, variant, baseline: base.name, metric, kind, value, interval };
    return [{ ...rest, pairs: 3, conclusion, reason: null, sentence: 'Made up.' }];
  };
  return [
    ...delta('trainingTimeReduction', base.epochSeconds, row.epochSeconds),
    ...delta('modelSizeReduction', base.checkpointBytes, row.checkpointBytes),
    ...delta('memoryReduction', base.peakMemoryMB, row.peakMemoryMB),
    ...delta('tensorMemoryReduction', base.peakTensorMB, row.peakTensorMB),
    ...delta('inferenceSpeedup', typical(base, true), typical(row, true)),
    ...delta('unmergedInferenceSpeedup', typical(base, true), typical(row, false)),
    ...delta('deltaDirectionalAccuracy', base.directionalAccuracy, row.directionalAccuracy),
    ...delta('deltaMacroF1', base.macroF1, row.macroF1),
  ];
}
