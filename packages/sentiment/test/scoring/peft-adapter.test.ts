import { loadBert, mergeAdapter, saveBert } from '@fin/finbert-lora';
import { getPeftModel } from '@fin/finbert-lora/lora';
import { countTensors, NO_GROWTH, randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import { beforeAll, describe, expect, it } from 'vitest';
import { FinBert } from '../../src/index.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tinyModel } from '../support/tiny-model.js';
import { tinyTokenizer } from '../support/tiny-tokenizer.js';

const inFolder = temporaryFolder();
const [base, adapter] = [inFolder('base'), inFolder('adapter')];
const texts = ['profit rose sharply', 'loss of the company'];

/** An adapter in PEFT's two files alone, without our sentiment.json. */
beforeAll(async () => {
  const init = randomStreams(3).stream('init');
  const model = tinyModel({ initializerRange: 0.8, id2label: ['neutral', 'positive', 'negative'] });
  await saveBert(model, tinyTokenizer(), base);
  const peft = getPeftModel(model, { initLoraWeights: false }, { init });
  await peft.savePretrained(adapter);
  peft.dispose();
});

async function scores(dir: string, options: { base?: string } = {}): Promise<number[]> {
  const finbert = await FinBert.load(dir, { cacheDir: null, ...options });
  try {
    return (await finbert.sentiment(texts)).map(({ score }) => score);
  } finally {
    finbert.dispose();
  }
}

describe('an adapter that PEFT wrote', () => {
  it('takes its classes from the base model', async () => {
    const out = inFolder('merged');
    await mergeAdapter(adapter, { base, out });
    allClose(await scores(adapter, { base }), await scores(out));
    expect(await scores(adapter, { base })).not.toEqual(await scores(base));
  });

  it('needs the base model', async () => {
    await expect(scores(adapter)).rejects.toThrow(/name the folder \(--base\)/);
  });

  it('is refused on a base model with other classes, and leaves nothing behind', async () => {
    const init = randomStreams(1).stream('init');
    const { model, tokenizer } = await loadBert(base, { init, labels: ['good', 'bad', 'none'] });
    await saveBert(model, tokenizer, inFolder('other'));
    model.dispose();
    const attempt = async () => {
      await expect(scores(adapter, { base: inFolder('other') })).rejects.toMatchObject({ kind: 'input' });
    };
    expect(await countTensors(attempt)).toEqual(NO_GROWTH);
  });
});
