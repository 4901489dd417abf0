import { join } from 'node:path';
import type { Sample } from '@fin/data';
import { countTensors, NO_GROWTH, randomStreams } from '@fin/runtime';
import { FinBert } from '@fin/sentiment';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ForecasterOptions } from '../../src/index.js';
import { headlineAggregates, JointText, resolveSettings, ScoredText } from '../../src/index.js';
import { temporaryFolder } from '../pipeline/temporary-folder.js';
import { writeTinyBert } from './tiny-bert.js';

const folder = temporaryFolder();
const random = () => randomStreams(1);
const day = (...texts: string[]) => texts.map((text, i) => ({ text, rank: i + 1, date: '2015-01-02' }));
const train = [
  day('profit rose', 'the company met the board', 'loss'),
  day(),
  day('shares fell today', 'record profit'),
  day('warning'),
];
/** Index of the day without headlines. */
const QUIET = 1;
/** The batches hold other texts, so sums may round differently. */
const FLOAT32_SUMS = { atol: 1e-6, rtol: 0 };
/** The same, divided by a scale of at least 0.02. */
const STANDARDIZED = { atol: 5e-5, rtol: 0 };
const samples = train.map((headlines) => ({ headlines }) as unknown as Sample);

/** Its classes are in another order than `sentimentLabels`. */
let model: string;
let bare: string;
beforeAll(async () => {
  model = await writeTinyBert(folder, ['neutral', 'positive', 'negative']);
  bare = await writeTinyBert(folder, ['one', 'two']);
});

const open = (options: ForecasterOptions = {}) =>
  JointText.fromTraining(
    samples,
    resolveSettings({ text: 'joint', model, precision: 'fp32', ...options }),
    random(),
  );

const tensorsOf = (batch: object) => Object.values(batch).filter((value) => value instanceof tf.Tensor);

describe('JointText', () => {
  it.each(headlineAggregates)(
    'starts as the frozen scores of its model, in training and outside (%s)',
    async (aggregate) => {
      const text = await open({ aggregate });
      const reader = await FinBert.load(model, { cacheDir: null });
      const scored = new ScoredText({ reader, model, aggregate, init: random().stream('init') });
      const texts = train.flat().map((headline) => headline.text);
      await scored.read(texts);
      scored.fit(samples);
      await text.read(texts);
      tf.tidy(() => {
        const expected = scored.forward(scored.prepare(train));
        for (const training of [false, true]) {
          const found = text.forward(text.prepare(train, training), null);
          allClose(found.sentiment.dataSync(), expected.sentiment.dataSync(), FLOAT32_SUMS);
          const { center, scale } = text.toJSON().sentiment;
          const standardized = expected.sentiment
            .arraySync()
            .flatMap((row, d) => row.map((share, i) => (d === QUIET ? 0 : (share - center[i]) / scale[i])));
          allClose(found.features.dataSync(), standardized, STANDARDIZED);
        }
      });
      for (const one of [text, scored]) one.dispose();
    },
  );

  it.each(['lora', 'full'] as const)(
    'passes gradients to what is trained, and to nothing else (%s)',
    async (finetuning) => {
      const text = await open({ finetuning });
      const batch = text.prepare(train, true);
      const stream = random().stream('dropout');
      const { grads } = tf.variableGrads(() =>
        tf.mean(tf.square(tf.sub(text.forward(batch, stream).score, tf.tensor2d([[1], [0], [-1], [2]])))),
      );
      const parameters = [...text.namedParameters()];
      const trained = parameters.filter(([, { trainable }]) => trainable);
      for (const [name, variable] of trained) {
        const size = tf.tidy(() => tf.sum(tf.abs(grads[variable.name])).dataSync()[0]);
        // At the start B is zero, so no gradient passes through it to A. Unused rows of the embeddings have none.
        if (!name.includes('lora_A')) expect(size, name).toBeGreaterThan(0);
      }
      expect(Object.keys(grads)).toHaveLength(trained.length);
      expect(trained.some(([name]) => name.includes('lora_B'))).toBe(finetuning === 'lora');
      expect(trained.length === parameters.length).toBe(finetuning === 'full');
      expect(new Set(trained.map(([name]) => text.partOf(name)))).toEqual(new Set(['encoder', 'head']));
      expect(text.partOf(trained.find(([name]) => name.includes('classifier'))![0])).toBe('head');
      tf.dispose(Object.values(grads));
      tf.dispose(tensorsOf(batch));
      text.dispose();
    },
  );

  it('gives a bare encoder a new head, whose score counts from the start', async () => {
    const text = await open({ model: bare });
    expect(text.initialScoreWeight).toBe(1);
    expect(text.toJSON().sentiment).toMatchObject({ center: [0, 0, 0], scale: [1, 1, 1] });
    text.dispose();
  });

  it('scores texts anew when the weights have changed', async () => {
    const text = await open({ finetuning: 'full' });
    const score = async () => {
      await text.read(['profit rose']);
      const batch = text.prepare([day('profit rose')]);
      return tf.tidy(() => text.forward(batch, null).score.dataSync()[0]);
    };
    const before = await score();
    const [, bias] = [...text.namedParameters()].find(([name]) => name === 'classifier.bias')!;
    tf.tidy(() => bias.assign(tf.tensor1d([0, 5, 0])));
    expect(await score()).toBeGreaterThan(before);
    text.dispose();
  });

  it('is restored from its record, and refuses another model', async () => {
    const settings = resolveSettings({ text: 'joint', model });
    const text = await open();
    const record = JSON.parse(JSON.stringify(text.toJSON()));
    const again = await JointText.fromRecord(record, settings, random());
    expect(again.toJSON()).toEqual(text.toJSON());
    const other = { ...record, fingerprint: 'other' };
    await expect(JointText.fromRecord(other, settings, random())).rejects.toThrow(/is not the one/);
    for (const one of [text, again]) one.dispose();
  });

  it('leaves no tensor behind', async () => {
    await open().then((text) => text.dispose());
    const growth = await countTensors(async () => {
      const text = await open({ aggregate: 'attention' });
      for (const training of [false, true]) {
        await text.read(train.flat().map((headline) => headline.text));
        const batch = text.prepare(train, training);
        tf.tidy(() => void text.forward(batch, random().stream('dropout')));
        tf.dispose(tensorsOf(batch));
      }
      text.dispose();
      await expect(open({ model: join(folder, 'nothing') })).rejects.toMatchObject({ kind: 'input' });
    });
    expect(growth).toEqual(NO_GROWTH);
  });
});
