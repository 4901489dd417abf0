import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { latestInput, makeSamples, splitChronologically } from '@fin/data';
import { RunFolder } from '@fin/run';
import { countTensors, NO_GROWTH, randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  ForecasterOptions,
  ForecasterRecord,
  HeadlineAggregate,
  ScoredTextRecord,
  SentimentReader,
  TrainForecasterOptions,
} from '../../src/index.js';
import {
  evaluateRun,
  headlineAggregates,
  loadForecaster,
  predictNextDay,
  runFiles,
  ScoredText,
  trainForecaster,
} from '../../src/index.js';
import { everyCase } from '../pipeline/every-case.js';
import { smallMarket as market } from '../pipeline/small-run.js';
import { temporaryFolder } from '../pipeline/temporary-folder.js';
import { writeTinyBert } from './tiny-bert.js';

const folder = temporaryFolder();
const init = () => randomStreams(1).stream('init');

/** Says of a text what is written in it: "0.7 0.1". */
const literalReader: SentimentReader = {
  fingerprint: 'literal',
  maxLength: 8,
  dispose: () => {},
  sentiment: async (texts) =>
    texts.map((text) => {
      const [positive, negative] = text.split(' ').map(Number);
      return {
        positive,
        negative,
        neutral: 1 - positive - negative,
        score: positive - negative,
        label: 'neutral',
      };
    }),
};

const day = (...texts: string[]) => texts.map((text, i) => ({ text, rank: i + 1, date: '2015-01-02' }));
const sampleOf = (headlines: ReturnType<typeof day>) =>
  ({ headlines }) as unknown as Parameters<ScoredText['fit']>[0][number];

async function literalText(aggregate: HeadlineAggregate, days: ReturnType<typeof day>[]) {
  const text = new ScoredText({ reader: literalReader, model: 'literal', aggregate, init: init() });
  await text.read(days.flat().map((headline) => headline.text));
  return text;
}

describe('ScoredText', () => {
  const train = [day('0.5 0.1', '0.3 0.3'), day('0.2 0.6'), day(), day('0.6 0.2', '0.8 0.2')];
  const means = [
    [0.4, 0.2, 0.4],
    [0.2, 0.6, 0.2],
    [0.7, 0.2, 0.1],
  ];

  it.each(headlineAggregates)('standardizes the days by the training days (%s)', async (aggregate) => {
    const text = await literalText(aggregate, train);
    text.fit(train.map(sampleOf));
    tf.tidy(() => {
      const { sentiment, features, score } = text.forward(text.prepare(train));
      const rows = features.arraySync();
      if (aggregate !== 'rank') allClose(sentiment.arraySync(), [means[0], means[1], [0, 0, 0], means[2]]);
      expect(rows[2].every((value) => value === 0)).toBe(true); // a day without headlines says nothing
      allClose(
        score.dataSync(),
        rows.map(([positive, negative]) => positive - negative),
      );
      if (aggregate !== 'mean') return;
      for (const column of [0, 1, 2]) {
        const values = [rows[0], rows[1], rows[3]].map((row) => row[column]);
        expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 5);
        expect(values.reduce((sum, value) => sum + value ** 2, 0) / 3).toBeCloseTo(1, 5);
      }
    });
    text.dispose();
  });

  it('fits its scaler on the training days alone', async () => {
    const record = async (others: ReturnType<typeof day>[]) => {
      const text = await literalText('mean', [...train, ...others]);
      const json = text.fit(train.map(sampleOf)).toJSON();
      text.dispose();
      return json;
    };
    expect(await record([day('0.9 0.1')])).toEqual(await record([day('0.1 0.9')]));
  });

  it('takes the same scaler back from its record', async () => {
    const text = await literalText('mean', train);
    const record = text.fit(train.map(sampleOf)).toJSON();
    const again = (await literalText('mean', train)).restore(JSON.parse(JSON.stringify(record)));
    expect(again.toJSON()).toEqual(record);
    for (const one of [text, again]) one.dispose();
  });

  it('weighs by rank when asked', async () => {
    const text = await literalText('rank', train);
    text.fit(train.map(sampleOf));
    tf.tidy(() => {
      const [[positive]] = text.forward(text.prepare(train)).sentiment.arraySync();
      const second = 1 / Math.log2(3);
      expect(positive).toBeCloseTo((0.5 + 0.3 * second) / (1 + second), 6);
    });
    text.dispose();
  });

  it('trains and saves the learned weighing, and nothing else', async () => {
    const attention = await literalText('attention', train);
    expect([...attention.namedParameters().keys()]).toEqual([
      'attention.hidden.weight',
      'attention.hidden.bias',
      'attention.query.weight',
    ]);
    const mean = await literalText('mean', train);
    expect(mean.namedParameters().size).toBe(0);
    for (const one of [attention, mean]) one.dispose();
  });

  it('reads a text once', async () => {
    const read: string[] = [];
    const reader: SentimentReader = {
      ...literalReader,
      sentiment: (texts) => {
        read.push(...texts);
        return literalReader.sentiment(texts);
      },
    };
    const text = new ScoredText({ reader, model: 'literal', aggregate: 'mean', init: init() });
    await text.read(['0.5 0.1', '0.3 0.3', '0.5 0.1']);
    await text.read(['0.3 0.3', '0.2 0.2']);
    expect(read).toEqual(['0.5 0.1', '0.3 0.3', '0.2 0.2']);
    text.dispose();
  });
});

describe('a forecaster on scores', () => {
  const small: ForecasterOptions = { epochs: 1, batchSize: 32, lstm: { hiddenSize: 4 }, fusionSize: 4 };
  const cache = process.env.FIN_CACHE_DIR;
  let model: string;
  let runs = 0;
  const runOf = new Map<HeadlineAggregate, string>();

  beforeAll(async () => {
    process.env.FIN_CACHE_DIR = join(folder, 'cache');
    model = await writeTinyBert(folder, ['neutral', 'negative', 'positive']);
  });
  afterAll(() => {
    if (cache === undefined) delete process.env.FIN_CACHE_DIR;
    else process.env.FIN_CACHE_DIR = cache;
  });

  async function train(settings: ForecasterOptions = {}, more: Partial<TrainForecasterOptions> = {}) {
    const runDir = join(folder, `run-${runs++}`);
    let scored = 0;
    const summary = await trainForecaster({
      market,
      runDir,
      settings: { ...small, model: model, ...settings },
      ...more,
      onEvent: (event) => {
        if (event.kind === 'step' && event.phase === 'scoring') scored = event.done;
        more.onEvent?.(event);
      },
    });
    return { runDir, summary, scored };
  }

  it('scores every headline once, trains, leaves no tensor behind, and says whose scores they are', async () => {
    let first: Awaited<ReturnType<typeof train>> | undefined;
    expect(
      await countTensors(async () => {
        first = await train({ epochs: 2 });
      }),
    ).toEqual(NO_GROWTH);
    expect(first!.scored).toBeGreaterThan(0);
    expect(first!.summary).toMatchObject({ text: 'scored', epochs: 2 });
    const run = await RunFolder.open(first!.runDir);
    const { text } = await run.readJson<ForecasterRecord>(runFiles.forecaster);
    expect(text).toMatchObject({ kind: 'scored', model, aggregate: 'mean' });
    expect((await evaluateRun(first!.runDir)).rows[0].model).toBe('sentiment+lstm');
    expect((await train()).scored).toBe(0);
  });

  it.each(headlineAggregates)(
    'forecasts from its checkpoint what it forecast before (%s)',
    async (aggregate) => {
      const { runDir } = await train({ aggregate });
      runOf.set(aggregate, runDir);
      const { test } = splitChronologically(makeSamples(market));
      const forecaster = await loadForecaster(runDir);
      const forecasts = await forecaster.predict(test);
      forecaster.dispose();
      const csv = await (await RunFolder.open(runDir)).readText(runFiles.predictions);
      const before = csv.split('\n').filter((line) => line.startsWith('test,'));
      expect(before).toHaveLength(test.length);
      before.forEach((line, i) => {
        const [, , , , , , logReturn, , positive] = line.split(',').map(Number);
        expect(forecasts[i].logReturn).toBeCloseTo(logReturn, 6);
        expect(forecasts[i].positive).toBeCloseTo(positive, 5);
      });
      const next = await predictNextDay(runDir, market);
      expect(next).toMatchObject({ decisionDate: latestInput(market).decisionDate, headlines: 2 });
    },
  );

  it('stops while it scores when it is told to, and leaves nothing behind', async () => {
    rmSync(join(folder, 'cache'), { recursive: true, force: true });
    const controller = new AbortController();
    const { summary, runDir } = await train(
      {},
      {
        signal: controller.signal,
        onEvent: (event) => {
          if (event.kind === 'step' && event.phase === 'scoring') controller.abort();
        },
      },
    );
    expect(summary).toBeNull();
    expect(existsSync(runDir)).toBe(false);
  });

  it.runIf(everyCase)('refuses to forecast with another sentiment model in its place', async () => {
    const own = await writeTinyBert(join(folder, 'own'), ['neutral', 'negative', 'positive']);
    const { runDir } = await train({ model: own });
    rmSync(own, { recursive: true });
    await expect(loadForecaster(runDir)).rejects.toThrow(/config\.json: cannot be read/);
    const other = await writeTinyBert(join(folder, 'own'), ['positive', 'negative', 'neutral']);
    const { renameSync } = await import('node:fs');
    renameSync(other, own);
    await expect(loadForecaster(runDir)).rejects.toThrow(/is not the one that this run was trained with/);
  });

  it('writes nothing when the sentiment model cannot be used', async () => {
    const untrained = await writeTinyBert(folder, ['one', 'two']);
    const runDir = join(folder, 'never');
    await expect(
      trainForecaster({ market, runDir, settings: { ...small, model: untrained } }),
    ).rejects.toThrow(/its classes are one, two, not positive, negative, neutral/);
    expect(existsSync(runDir)).toBe(false);
  });

  it('keeps its aggregate and its scaler in the record', async () => {
    const run = await RunFolder.open(runOf.get('rank')!);
    const { text } = await run.readJson<{ text: ScoredTextRecord }>(runFiles.forecaster);
    expect(text.aggregate).toBe('rank');
    expect(text.sentiment.center).toHaveLength(3);
  });
});
