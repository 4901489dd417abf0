import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { latestInput, makeSamples, splitChronologically } from '@fin/data';
import { RunFolder } from '@fin/run';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  evaluateRun,
  loadForecaster,
  parsePredictions,
  predictNextDay,
  runFiles,
  trainForecaster,
} from '../../src/index.js';
import { smallMarket as market, smallSettings as settings } from './small-run.js';
import { temporaryFolder } from './temporary-folder.js';

describe('a run on a small synthetic market', () => {
  const folder = temporaryFolder();
  const runDir = join(folder, 'first');

  it('trains, leaves no tensor behind, and writes a run folder that is whole', async () => {
    const tensors = tf.memory().numTensors;
    const steps: number[] = [];
    const summary = await trainForecaster({
      market,
      runDir,
      settings,
      source: { data: null, signal: 0.01 },
      onEvent: (event) => {
        if (event.kind === 'step' && event.phase === 'training') steps.push(event.done);
      },
    });
    expect(tf.memory().numTensors).toBe(tensors);
    expect(summary).toMatchObject({ run: runDir, synthetic: true, backend: tf.getBackend(), epochs: 2 });
    expect(steps).toEqual(Array.from({ length: steps.length }, (_, i) => i + 1));
    const run = await RunFolder.open(runDir);
    expect(run.readMetrics().map(({ epoch }) => epoch)).toEqual([1, 2]);
    const { trace, profile, profileTable, evaluation } = runFiles;
    const missing: string[] = [trace, profile, profileTable, evaluation];
    for (const file of Object.values(runFiles)) {
      expect(existsSync(join(runDir, file)), file).toBe(!missing.includes(file));
    }
  });

  it('forecasts every day of every split, once and in time order', () => {
    const predictions = parsePredictions(
      readFileSync(join(runDir, runFiles.predictions), 'utf8'),
      runFiles.predictions,
    );
    const { train, validation, test } = splitChronologically(makeSamples(market));
    expect(predictions.map(({ targetDate }) => targetDate)).toEqual(
      [...train, ...validation, ...test].map(({ targetDate }) => targetDate),
    );
    expect(predictions.filter(({ split }) => split === 'test')).toHaveLength(test.length);
    for (const { positive, negative, neutral, sentiment } of predictions) {
      expect(positive + negative + neutral).toBeCloseTo(1, 5);
      expect(sentiment).toBeCloseTo(positive - negative, 6);
    }
  });

  it('is evaluated beside its baselines, as often as one likes', async () => {
    const evaluation = await evaluateRun(runDir);
    expect(evaluation.rows.map(({ model }) => model)).toEqual([
      'bert(random)+lstm',
      'persistence',
      'drift',
      'majority-class',
      'moving-average',
      'ar',
      'arima-1-1-1',
      'ridge',
    ]);
    expect(new Set(evaluation.rows.map(({ n }) => n))).toEqual(new Set([evaluation.n]));
    expect(await evaluateRun(runDir)).toEqual(evaluation);
    expect(await (await RunFolder.open(runDir)).readJson(runFiles.evaluation)).toEqual(evaluation);
  });

  it('forecasts again from its checkpoint what it forecast before', async () => {
    const predictions = parsePredictions(
      readFileSync(join(runDir, runFiles.predictions), 'utf8'),
      runFiles.predictions,
    );
    const { test } = splitChronologically(makeSamples(market));
    const forecaster = await loadForecaster(runDir);
    const forecasts = await forecaster.predict(test);
    forecaster.dispose();
    const before = predictions.filter(({ split }) => split === 'test');
    forecasts.forEach(({ logReturn, positive }, i) => {
      // Days share a batch with other days than before, so sums may round differently.
      expect(logReturn).toBeCloseTo(before[i].predictedLogReturn, 6);
      expect(positive).toBeCloseTo(before[i].positive, 5);
    });
  });

  it('forecasts the day after the last one', async () => {
    const tensors = tf.memory().numTensors;
    const forecast = await predictNextDay(runDir, market);
    const { decisionDate, targetDate, lastClose } = latestInput(market);
    expect(forecast).toMatchObject({ decisionDate, targetDate, lastClose, synthetic: true, headlines: 2 });
    expect(forecast.predicted).toBeCloseTo(lastClose * Math.exp(forecast.predictedLogReturn), 8);
    const [low, high] = forecast.interval!;
    expect(low * high).toBeCloseTo(forecast.predicted ** 2, 0); // equally far in logarithms
    const { rows } = await evaluateRun(runDir);
    expect(forecast.trackRecord).toMatchObject({ rmse: rows[0].rmse, persistenceRmse: rows[1].rmse });
    expect(forecast.trainedUntil).toBe(splitChronologically(makeSamples(market)).train.at(-1)!.targetDate);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('is the same run again with the same seed, and another with another', async () => {
    const csv = async (name: string, seed: number) => {
      await trainForecaster({ market, runDir: join(folder, name), settings: { ...settings, seed } });
      return readFileSync(join(folder, name, runFiles.predictions), 'utf8');
    };
    expect(await csv('again', 1)).toBe(readFileSync(join(runDir, runFiles.predictions), 'utf8'));
    expect(await csv('other', 2)).not.toBe(readFileSync(join(runDir, runFiles.predictions), 'utf8'));
  });

  it('refuses a folder that holds a run, unless it may replace it', async () => {
    await expect(trainForecaster({ market, runDir, settings })).rejects.toThrow(/already holds a run/);
    await trainForecaster({ market, runDir, settings: { ...settings, epochs: 1 }, overwrite: true });
    expect((await RunFolder.open(runDir)).readMetrics()).toHaveLength(1);
  });

  it.each([
    ['the sentiment model is not there', { settings: { ...settings, model: join(folder, 'typo') } }],
    ['a setting is out of range', { settings: { ...settings, epochs: 0 } }],
    ['the data lie in its folder', { source: { data: runDir } }],
  ])('is not touched by a run that would replace it when %s', async (_, options) => {
    const files = () => readdirSync(runDir, { recursive: true }).map(String).sort();
    const before = files().filter((name) => name.includes('.'));
    const contents = before.map((name) => readFileSync(join(runDir, name), 'base64'));
    const replacing = trainForecaster({ market, runDir, settings, overwrite: true, ...options });
    await expect(replacing).rejects.toMatchObject({ kind: 'input' });
    expect(files().filter((name) => name.includes('.'))).toEqual(before);
    expect(before.map((name) => readFileSync(join(runDir, name), 'base64'))).toEqual(contents);
    await RunFolder.open(runDir, 'forecaster');
  });

  it('gives its evaluation also when that cannot be stored', async () => {
    const lock = join(runDir, '.lock-of-another-machine');
    writeFileSync(lock, JSON.stringify({ pid: 1, host: 'another', since: '2020-01-01T00:00:00.000Z' }));
    const told: string[] = [];
    const evaluation = await evaluateRun(runDir, {
      onResult: ({ n }) => told.push(`n ${n}`),
      onNote: (note) => told.push(note),
    });
    expect(told).toEqual([`n ${evaluation.n}`, expect.stringContaining('the evaluation was not stored')]);
    rmSync(lock);
  });

  it('is not taken for another kind of run', async () => {
    const other = await RunFolder.create(join(folder, 'tuning'), { kind: 'sentiment-tuning' });
    await other.writeText('predictions.csv', '');
    await other.finish();
    await expect(evaluateRun(other.dir)).rejects.toThrow(/is the fine-tuning of a sentiment model, not/);
    await expect(loadForecaster(other.dir)).rejects.toThrow(/is the fine-tuning of a sentiment model, not/);
  });

  it('leaves nothing behind when it is told to stop before the first step', async () => {
    const tensors = tf.memory().numTensors;
    const controller = new AbortController();
    controller.abort();
    const stopped = join(folder, 'stopped');
    const summary = await trainForecaster({
      market,
      runDir: stopped,
      settings,
      signal: controller.signal,
    });
    expect(summary).toBeNull();
    expect(existsSync(stopped)).toBe(false);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('names the file when one was changed', async () => {
    writeFileSync(join(runDir, runFiles.predictions), 'nothing');
    await expect(evaluateRun(runDir)).rejects.toThrow(/predictions\.csv is damaged/);
  });
});
