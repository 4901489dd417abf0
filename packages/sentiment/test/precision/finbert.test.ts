import { AmpInputError } from '@fin/amp';
import { saveBert } from '@fin/finbert-lora';
import { countTensors, NO_GROWTH } from '@fin/runtime';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FinBertOptions } from '../../src/index.js';
import { FinBert } from '../../src/index.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tinyModel } from '../support/tiny-model.js';
import { tinyTokenizer } from '../support/tiny-tokenizer.js';

const inFolder = temporaryFolder();
const texts = ['profit rose sharply', 'loss of the company fell', 'shares unchanged', 'the company'];
let dir: string;

beforeAll(async () => {
  dir = inFolder('model');
  const model = tinyModel({ initializerRange: 0.3 });
  await saveBert(model, tinyTokenizer(), dir);
  model.dispose();
});

/** Probabilities of all texts, and how many texts went through the model for them. */
async function score(options: FinBertOptions) {
  const finbert = await FinBert.load(dir, options);
  let scored = 0;
  const sentiments = await finbert.sentiment(texts, {
    onProgress: (progress) => {
      scored = progress.texts;
    },
  });
  finbert.dispose();
  const { fingerprint, precision } = finbert;
  return {
    values: sentiments.flatMap(({ positive, negative }) => [positive, negative]),
    scored,
    fingerprint,
    precision,
  };
}

describe.each([
  ['bf16', 3e-2],
  ['fp16', 3e-3],
  ['int8', 3e-2],
] as const)('sentiment in %s', (precision, tolerance) => {
  it('is that of float32 but for rounding, and frees everything', async () => {
    const wide = await score({ cacheDir: null });
    const growth = await countTensors(async () => {
      const low = await score({ cacheDir: null, precision });
      expect([wide.precision, low.precision]).toEqual(['fp32', precision]);
      expect(low.values).not.toEqual(wide.values);
      low.values.forEach((value, i) => {
        expect(Math.abs(value - wide.values[i])).toBeLessThan(tolerance);
      });
    });
    expect(growth).toEqual(NO_GROWTH);
  });

  it('is kept apart from that of other precisions', async () => {
    const cacheDir = inFolder(`scores-${precision}`);
    const scored = async (how: FinBertOptions) => (await score({ cacheDir, ...how })).scored;
    expect(await scored({})).toBe(texts.length);
    expect(await scored({ precision })).toBe(texts.length);
    expect([await scored({ precision }), await scored({ precision: 'fp32' })]).toEqual([0, 0]);
  });
});

describe('a precision', () => {
  it('that is none is refused, and nothing stays loaded', async () => {
    const growth = await countTensors(async () => {
      const load = FinBert.load(dir, { cacheDir: null, precision: 'fp8' as never });
      await expect(load).rejects.toThrow(AmpInputError);
    });
    expect(growth).toEqual(NO_GROWTH);
  });
});
