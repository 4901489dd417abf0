import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeMarket, makeSamples, splitChronologically } from '@fin/data';
import { randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  EncoderText,
  evaluateRun,
  parsePredictions,
  predictNextDay,
  resolveSettings,
  runFiles,
  ScoredText,
  trainForecaster,
} from '../../src/index.js';
import { smallMarket, smallSettings } from '../pipeline/small-run.js';
import { temporaryFolder } from '../pipeline/temporary-folder.js';

const init = () => randomStreams(1).stream('init');

/** The small market with the headlines of four training days alone: most batches hold no headline, the last day none. */
const { prices, labels, name, synthetic } = smallMarket;
const headlines = smallMarket.headlines.slice(80, 88);
const quietMarket = makeMarket({ name, synthetic, prices, labels, headlines });

describe('a batch of days without any headline', () => {
  const days = [[], []];
  const encoder = () =>
    EncoderText.fromTraining(makeSamples(smallMarket), resolveSettings(smallSettings), init());
  const scored = (aggregate: 'mean' | 'rank' | 'attention') => () =>
    new ScoredText({
      reader: { fingerprint: 'none', maxLength: 8, dispose: () => {}, sentiment: async () => [] },
      model: 'none',
      aggregate,
      init: init(),
    }).fit([]);
  it.each([
    ['encoder', encoder],
    ['scores, mean', scored('mean')],
    ['scores, rank', scored('rank')],
    ['scores, attention', scored('attention')],
  ] as const)('is neutral for every text source: %s', (_, make) => {
    const text = make();
    tf.tidy(() => {
      const { sentiment, features, score } = text.forward(text.prepare(days) as never, null);
      expect(sentiment.arraySync()).toEqual([
        [0, 0, 0],
        [0, 0, 0],
      ]);
      for (const value of [...features.dataSync(), ...score.dataSync()]) expect(Math.abs(value)).toBe(0);
    });
    text.dispose();
  });
});

describe('a market with headlines on four days', () => {
  const folder = temporaryFolder();
  const run = (name: string) => join(folder, name);
  const predictions = (name: string) => readFileSync(join(run(name), runFiles.predictions), 'utf8');

  it('trains, evaluates and forecasts the next day, with neutral text on the quiet days', async () => {
    const tensors = tf.memory().numTensors;
    await trainForecaster({ market: quietMarket, runDir: run('quiet'), settings: smallSettings });
    const rows = parsePredictions(predictions('quiet'), 'predictions.csv');
    const { train, validation, test } = splitChronologically(makeSamples(quietMarket));
    for (const [i, { headlines }] of [...train, ...validation, ...test].entries()) {
      const { positive, negative, neutral, sentiment, predicted } = rows[i];
      expect(positive + negative + neutral).toBeCloseTo(headlines.length > 0 ? 1 : 0, 5);
      if (headlines.length === 0) expect(sentiment).toBe(0);
      expect(Number.isFinite(predicted)).toBe(true);
    }
    expect((await evaluateRun(run('quiet'))).n).toBe(test.length);
    const next = await predictNextDay(run('quiet'), quietMarket);
    expect(next).toMatchObject({ headlines: 0, sentiment: 0 });
    expect(Number.isFinite(next.predicted)).toBe(true);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it('resumes an interrupted training to the same figures', async () => {
    const controller = new AbortController();
    const stopped = await trainForecaster({
      market: quietMarket,
      runDir: run('resumed'),
      settings: smallSettings,
      signal: controller.signal,
      onEvent: (event) => {
        if (event.kind === 'step' && event.phase === 'training' && event.done === 2) controller.abort();
      },
    });
    expect(stopped).toBeNull();
    await trainForecaster({ market: quietMarket, runDir: run('resumed'), resume: true });
    expect(predictions('resumed')).toBe(predictions('quiet'));
  });
});
