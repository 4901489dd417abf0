import { execFileSync } from 'node:child_process';
import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { saveBert } from '@fin/finbert-lora';
import { countTensors, NO_GROWTH } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { FinBertOptions, SentimentProgress } from '../../src/index.js';
import { FinBert } from '../../src/index.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tinyModel } from '../support/tiny-model.js';
import { tinyTokenizer } from '../support/tiny-tokenizer.js';

const inFolder = temporaryFolder();
const texts = [
  'profit rose sharply',
  'the company',
  'loss of the company fell sharply',
  '',
  'profit rose sharply',
  'shares unchanged w1 w2 w3 w4 w5 w6 w7 w8 w9 w10',
];
const DISTINCT = 5;

let models = 0;
/** A saved model of random weights. */
async function modelFolder(seed = 5, id2label = ['neutral', 'positive', 'negative']): Promise<string> {
  const dir = inFolder(`model-${models++}`);
  const model = tinyModel({ initializerRange: 0.8, id2label }, seed);
  await saveBert(model, tinyTokenizer(), dir);
  model.dispose();
  return dir;
}

async function using<T>(
  dir: string,
  options: FinBertOptions,
  use: (finbert: FinBert) => T | Promise<T>,
): Promise<T> {
  const finbert = await FinBert.load(dir, options);
  try {
    return await use(finbert);
  } finally {
    finbert.dispose();
  }
}

/** The sentiments, and how many texts went through the model for them. */
async function counted(dir: string, options: FinBertOptions, of: readonly string[] = texts) {
  let scored = 0;
  const sentiments = await using(dir, options, (finbert) =>
    finbert.sentiment(of, {
      onProgress: (progress) => {
        scored = progress.texts;
      },
    }),
  );
  return { sentiments, scored };
}

describe('sentiment', () => {
  it('gives each text its classes by name, whatever their order in the model', async () => {
    const dir = await modelFolder();
    const sentiments = await using(dir, { cacheDir: null }, (finbert) => finbert.sentiment(texts));
    const model = tinyModel({ initializerRange: 0.8 }, 5);
    const expected = tf.tidy(() => tf.softmax(model.forward(tinyTokenizer().encodeBatch(texts))).arraySync());
    model.dispose();
    for (const [i, { positive, negative, neutral, score, label }] of sentiments.entries()) {
      allClose([neutral, positive, negative], expected[i]);
      expect(positive + negative + neutral).toBeCloseTo(1, 5);
      expect(score).toBe(positive - negative);
      expect({ positive, negative, neutral }[label]).toBe(Math.max(positive, negative, neutral));
    }
    expect(sentiments[4]).toEqual(sentiments[0]);
  });

  it('does not depend on the size of a batch', async () => {
    const dir = await modelFolder();
    const [small, large] = await Promise.all([
      counted(dir, { cacheDir: null, tokensPerBatch: 4 }),
      counted(dir, { cacheDir: null, tokensPerBatch: 1000 }),
    ]);
    const numbers = ({ sentiments }: typeof small) =>
      sentiments.flatMap(({ positive, negative, neutral }) => [positive, negative, neutral]);
    allClose(numbers(small), numbers(large));
  });

  it('tells how far it is', async () => {
    const dir = await modelFolder();
    const seen: SentimentProgress[] = [];
    await using(dir, { cacheDir: null, tokensPerBatch: 10 }, (finbert) =>
      finbert.sentiment(texts, { onProgress: (progress) => seen.push(progress) }),
    );
    expect(seen[0]).toMatchObject({ texts: 0, tokens: 0, totalTexts: DISTINCT });
    const { texts: done, tokens, totalTokens } = seen.at(-1)!;
    expect([done, tokens]).toEqual([DISTINCT, totalTokens]);
    expect(seen.length).toBeGreaterThan(3);
  });

  it('takes no texts', async () => {
    expect((await counted(await modelFolder(), { cacheDir: null }, [])).sentiments).toEqual([]);
  });

  it('leaks nothing', async () => {
    const dir = await modelFolder();
    await using(dir, { cacheDir: null, tokensPerBatch: 10 }, async (finbert) => {
      await finbert.sentiment(texts.slice(0, 2));
      const more = () => finbert.sentiment(texts);
      expect(await countTensors(more)).toEqual(NO_GROWTH);
    });
    expect(await countTensors(() => counted(dir, { cacheDir: null }))).toEqual(NO_GROWTH);
  });
});

describe('the cache', () => {
  let caches = 0;
  const newCache = () => inFolder(`cache-${caches++}`);
  /** The one file of a cache with one key and one writer. */
  const fileOf = (cacheDir: string) => {
    const [key] = readdirSync(cacheDir);
    const [name] = readdirSync(inFolder(cacheDir.split('/').at(-1)!, key));
    return inFolder(cacheDir.split('/').at(-1)!, key, name);
  };

  it('scores each distinct text once, also in the next process', async () => {
    const dir = await modelFolder();
    const cacheDir = newCache();
    const first = await counted(dir, { cacheDir });
    expect(first.scored).toBe(DISTINCT);
    const second = await counted(dir, { cacheDir }, [...texts, 'w20']);
    expect(second.scored).toBe(1);
    expect(second.sentiments.slice(0, texts.length)).toEqual(first.sentiments);
    expect((await counted(dir, { cacheDir }, [...texts, 'w20'])).scored).toBe(0);
  });

  it('goes by content: a copy of the model shares its scores, another model or maxLength does not', async () => {
    const cacheDir = newCache();
    await counted(await modelFolder(5), { cacheDir });
    expect((await counted(await modelFolder(5), { cacheDir })).scored).toBe(0);
    expect((await counted(await modelFolder(6), { cacheDir })).scored).toBe(DISTINCT);
    expect((await counted(await modelFolder(5), { cacheDir, maxLength: 5 })).scored).toBe(DISTINCT);
    const reordered = await modelFolder(5, ['positive', 'negative', 'neutral']);
    expect((await counted(reordered, { cacheDir })).scored).toBe(DISTINCT);
  });

  it('keeps what an interrupted run had scored', async () => {
    const dir = await modelFolder();
    const cacheDir = newCache();
    const controller = new AbortController();
    await using(dir, { cacheDir, tokensPerBatch: 1 }, async (finbert) => {
      const work = finbert.sentiment(texts, {
        signal: controller.signal,
        onProgress: ({ texts: done }) => {
          if (done === 2) controller.abort(new Error('enough'));
        },
      });
      await expect(work).rejects.toThrow('enough');
    });
    const whole = await counted(dir, { cacheDir: null });
    const resumed = await counted(dir, { cacheDir });
    expect(resumed.scored).toBe(DISTINCT - 2);
    expect(resumed.sentiments.map(({ label }) => label)).toEqual(whole.sentiments.map(({ label }) => label));
  });

  it('drops a record that was cut off, and goes on behind it', async () => {
    const dir = await modelFolder();
    const cacheDir = newCache();
    const { sentiments } = await counted(dir, { cacheDir });
    truncateSync(fileOf(cacheDir), 3 * 48 + 17);
    const again = await counted(dir, { cacheDir });
    expect(again.scored).toBe(DISTINCT - 3);
    again.sentiments.forEach(({ positive }, i) => {
      expect(positive).toBeCloseTo(sentiments[i].positive, 6);
    });
    expect((await counted(dir, { cacheDir })).scored).toBe(0);
  });

  it('never trusts a record with a flipped bit, wherever it is', async () => {
    const dir = await modelFolder();
    const cacheDir = newCache();
    await counted(dir, { cacheDir });
    const file = fileOf(cacheDir);
    const whole = readFileSync(file);
    expect(whole.length).toBe(DISTINCT * 48);
    for (const at of [0, 31, 32, 40, 44, 47]) {
      const flipped = Buffer.from(whole);
      flipped[48 + at] ^= 4;
      writeFileSync(file, flipped);
      const one = newCache();
      const { scored } = await counted(dir, { cacheDir }, texts);
      expect([one, scored]).toEqual([one, 1]);
      for (const name of readdirSync(inFolder(cacheDir.split('/').at(-1)!, readdirSync(cacheDir)[0]))) {
        const path = inFolder(cacheDir.split('/').at(-1)!, readdirSync(cacheDir)[0], name);
        if (path !== file) truncateSync(path, 0);
      }
    }
    writeFileSync(file, whole);
    appendFileSync(file, Buffer.alloc(100, 7));
    expect((await counted(dir, { cacheDir })).scored).toBe(0);
  });

  it('says which folder it cannot use', async () => {
    const dir = await modelFolder();
    writeFileSync(inFolder('no-folder'), '');
    await expect(FinBert.load(dir, { cacheDir: inFolder('no-folder') })).rejects.toThrow(
      /the scores in .*no-folder.* cannot be read or written/,
    );
  });

  it.skipIf(process.platform === 'win32')('does not wait for a pipe among the scores', async () => {
    const dir = await modelFolder();
    const cacheDir = newCache();
    await counted(dir, { cacheDir });
    execFileSync('mkfifo', [join(cacheDir, readdirSync(cacheDir)[0], 'pipe.scores')]);
    await expect(FinBert.load(dir, { cacheDir })).rejects.toThrow(/pipe\.scores: is not a regular file/);
  });
});

describe('a model that cannot tell sentiment is refused', () => {
  it('because its classes are others', async () => {
    await expect(FinBert.load(await modelFolder(5, ['LABEL_0', 'LABEL_1', 'LABEL_2']))).rejects.toThrow(
      /config\.json: its classes are LABEL_0, LABEL_1, LABEL_2, not positive, negative, neutral/,
    );
  });

  it('because it was never trained for it', async () => {
    const dir = await modelFolder();
    const json = JSON.parse(readFileSync(`${dir}/config.json`, 'utf8'));
    const { openSafetensors, writeSafetensors } = await import('@fin/files/safetensors');
    const file = await openSafetensors(`${dir}/model.safetensors`);
    const tensors = new Map();
    for (const name of file.names()) {
      if (!name.startsWith('classifier')) tensors.set(name, await file.read(name));
    }
    await file.close();
    await writeSafetensors(`${dir}/model.safetensors`, tensors);
    expect(json.id2label).toBeDefined();
    const refuse = () =>
      expect(FinBert.load(dir)).rejects.toThrow(/no trained classifier \(it lacks classifier\.weight/);
    expect(await countTensors(refuse)).toEqual(NO_GROWTH);
  });

  it('because it has fewer positions than are asked for', async () => {
    await expect(FinBert.load(await modelFolder(), { maxLength: 13 })).rejects.toThrow(
      /maxLength is 13; the model has 12 positions/,
    );
  });
});
