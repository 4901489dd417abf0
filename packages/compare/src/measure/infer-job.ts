import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { InferencePrecision, Precision } from '@fin/amp';
import type { Sample } from '@fin/data';
import type { ForecasterRecord } from '@fin/forecast';
import { openForecaster } from '@fin/forecast';
import { openClassifier, scoreTexts } from '@fin/sentiment';
import type { Latency } from '../results/measurement.js';
import type { LatencySettings } from '../settings.js';
import { forecasterFiles } from './train-jobs.js';

/** Inference to time, as plain data. */
export type InferJob = InferSettings & (SentimentInference | ForecastInference);

interface InferSettings {
  /** Folder of the trained weights. */
  readonly checkpoint: string;
  /** Whether to merge adapters into the weights first. */
  readonly merged: boolean;
  readonly latency: LatencySettings;
}

interface SentimentInference {
  readonly job: 'sentiment';
  readonly precision: InferencePrecision;
  readonly sentences: readonly string[];
  /** Maximum tokens per sentence. */
  readonly maxLength: number;
}

interface ForecastInference {
  readonly job: 'forecast';
  readonly precision: Precision;
  readonly days: readonly Sample[];
}

/** A loaded model: one call takes the inputs with these indices. */
interface Loaded {
  readonly inputs: number;
  call(indices: readonly number[]): Promise<unknown>;
  dispose(): void;
}

/** Loads a checkpoint and times its inference, from texts to numbers on the host. */
export async function runInferJob(
  job: InferJob,
  onProgress: (share: number) => void,
): Promise<readonly Latency[]> {
  const model = job.job === 'sentiment' ? await loadClassifier(job) : await loadForecaster(job);
  try {
    const timed: Latency[] = [];
    const { batchSizes } = job.latency;
    for (const batchSize of batchSizes) {
      timed.push(await timeCalls(model, batchSize, job));
      onProgress(timed.length / batchSizes.length);
    }
    return timed;
  } finally {
    model.dispose();
  }
}

/** Quantile by linear interpolation, as numpy's default. @param values at least one */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

async function timeCalls(
  { inputs, call }: Loaded,
  batchSize: number,
  { merged, latency: { calls, seconds } }: InferJob,
): Promise<Latency> {
  let next = 0;
  const timeOne = async (): Promise<number> => {
    const indices = Array.from({ length: batchSize }, (_, i) => (next + i) % inputs);
    next += batchSize;
    const start = performance.now();
    await call(indices);
    return performance.now() - start;
  };
  const coldMs = await timeOne();
  const warm: number[] = [];
  const end = performance.now() + 1000 * seconds;
  do warm.push(await timeOne());
  while (warm.length < calls && performance.now() < end);
  return {
    batchSize,
    merged,
    coldMs,
    p50Ms: quantile(warm, 0.5),
    p95Ms: quantile(warm, 0.95),
    calls: warm.length,
  };
}

async function loadClassifier({
  checkpoint,
  precision,
  merged,
  sentences,
  maxLength,
}: InferSettings & SentimentInference): Promise<Loaded> {
  const { classifier, tokenizer, columns, dispose } = await openClassifier(checkpoint, {
    precision,
    merge: merged,
  });
  return {
    inputs: sentences.length,
    async call(indices) {
      const sequences = indices.map((index) => tokenizer.encode(sentences[index], { maxLength }));
      const options = { tokensPerBatch: Number.POSITIVE_INFINITY, columns };
      for await (const _ of scoreTexts(classifier, sequences, options)); // one batch
    },
    dispose,
  };
}

async function loadForecaster({
  checkpoint,
  precision,
  merged,
  days,
}: InferSettings & ForecastInference): Promise<Loaded> {
  const record = JSON.parse(
    await readFile(join(checkpoint, forecasterFiles.record), 'utf8'),
  ) as ForecasterRecord;
  const forecaster = await openForecaster(record, join(checkpoint, forecasterFiles.weights), { precision });
  if (merged) forecaster.prepareForInference();
  return {
    inputs: days.length,
    call: (indices) => forecaster.predict(indices.map((index) => days[index])),
    dispose: () => forecaster.dispose(),
  };
}
