import { expect, it } from 'vitest';
import { encodeTexts, TEXTS_PER_PART } from '../../src/scoring/encode-texts.js';
import { tinyTokenizer } from '../support/tiny-tokenizer.js';

const tokenizer = tinyTokenizer();
const texts = Array.from(
  { length: 2 * TEXTS_PER_PART + 3 },
  (_, i) => `${'profit '.repeat(i % 13)}w${i % 20}`,
);

it.each([0, 1, TEXTS_PER_PART, TEXTS_PER_PART + 1, texts.length])(
  'gives the tokenizer’s ids of %i texts, in order, with and without the worker thread',
  async (count) => {
    const some = texts.slice(0, count);
    const ids: Int32Array[] = [];
    for await (const { first, sequences } of encodeTexts(tokenizer, some, { maxLength: 9 })) {
      expect(first).toBe(ids.length);
      ids.push(...sequences);
    }
    expect(ids).toEqual(some.map((text) => tokenizer.encode(text, { maxLength: 9 })));
  },
);

it('ends with the signal’s reason, and the worker with it', async () => {
  const controller = new AbortController();
  const read = async () => {
    for await (const _ of encodeTexts(tokenizer, texts, { maxLength: 9, signal: controller.signal })) {
      controller.abort(new Error('enough'));
    }
  };
  await expect(read()).rejects.toThrow('enough');
});

it('passes on what goes wrong in the worker', async () => {
  const broken = { encode: tokenizer.encode.bind(tokenizer), source: { ...tokenizer.source, words: [] } };
  const read = async () => {
    for await (const _ of encodeTexts(broken as never, texts, { maxLength: 9 }));
  };
  await expect(read()).rejects.toThrow();
});
