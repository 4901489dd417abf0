import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { openSafetensors, toFloat32, writeSafetensors } from '@fin/files/safetensors';
import { countTensors, NO_GROWTH, randomStreams } from '@fin/runtime';
import { sharedPath } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { configToJson } from '../../src/config/config-json.js';
import type { BertForSequenceClassification, LoadBertOptions, LoadedBert } from '../../src/index.js';
import { LinearLayer, loadBert, saveBert } from '../../src/index.js';
import { parameterShapes } from '../../src/model/inspect-model.js';
import { BertTokenizer } from '../../src/tokenizer/index.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tinyBatch, tinyConfig, tinyModel } from '../support/tiny-model.js';
import { tinyTokenizer, tinyVocabulary } from '../support/tiny-tokenizer.js';

const inFolder = temporaryFolder();
const init = () => randomStreams(8).stream('init');

/** Loads, hands over, disposes. */
async function loaded<T>(
  dir: string,
  use: (model: LoadedBert) => T | Promise<T>,
  options: Partial<LoadBertOptions> = {},
): Promise<T> {
  const result = await loadBert(dir, { init: init(), ...options });
  try {
    return await use(result);
  } finally {
    result.model.dispose();
  }
}

const logits = (model: BertForSequenceClassification): Float32Array =>
  tf.tidy(() => model.forward(tinyBatch()).dataSync<'float32'>());

async function saved(name: string, settings: Parameters<typeof tinyModel>[0] = {}): Promise<Float32Array> {
  const model = tinyModel({ initializerRange: 0.5, ...settings });
  try {
    await saveBert(model, tinyTokenizer(), inFolder(name));
    return logits(model);
  } finally {
    model.dispose();
  }
}

/** The saved tiny model with other tensors. */
async function changed(
  from: string,
  to: string,
  change: (name: string) => string | null,
  architecture: 'BertModel' | 'BertForSequenceClassification' = 'BertModel',
): Promise<string> {
  const file = await openSafetensors(inFolder(from, 'model.safetensors'));
  const tensors = new Map();
  for (const name of file.names()) {
    const renamed = change(name);
    if (renamed !== null) tensors.set(renamed, await file.read(name));
  }
  await file.close();
  mkdirSync(inFolder(to));
  writeFileSync(inFolder(to, 'config.json'), JSON.stringify(configToJson(tinyConfig, architecture)));
  writeFileSync(inFolder(to, 'vocab.txt'), tinyVocabulary.join('\n'));
  await writeSafetensors(inFolder(to, 'model.safetensors'), tensors);
  return inFolder(to);
}

const withoutPrefix = (name: string) => (name.startsWith('classifier.') ? null : name.replace(/^bert\./, ''));

describe('saveBert and loadBert', () => {
  it('give the same model back, tokenizer included', async () => {
    const before = await saved('whole');
    await loaded(inFolder('whole'), ({ model, tokenizer, newWeights, unusedTensors }) => {
      expect([newWeights, unusedTensors]).toEqual([[], []]);
      expect(model.config).toEqual({ ...tinyConfig, initializerRange: 0.5 });
      expect(logits(model)).toEqual(before);
      expect(tokenizer.fingerprint).toBe(tinyTokenizer().fingerprint);
      expect(tokenizer.maxLength).toBe(tinyConfig.maxPositionEmbeddings);
    });
    expect(readdirSync(inFolder('whole')).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer_config.json',
      'vocab.txt',
    ]);
  });

  it('store 16-bit weights when asked, rounded', async () => {
    const model = tinyModel();
    const tokenizer = tinyTokenizer();
    await saveBert(model, tokenizer, inFolder('f32'));
    await saveBert(model, tokenizer, inFolder('bf16'), { dtype: 'BF16' });
    expect(statSync(inFolder('bf16', 'model.safetensors')).size).toBeLessThan(
      0.7 * statSync(inFolder('f32', 'model.safetensors')).size, // the header is a good part of so small a file
    );
    expect(JSON.parse(readFileSync(inFolder('bf16', 'config.json'), 'utf8')).torch_dtype).toBe('bfloat16');
    const file = await openSafetensors(inFolder('bf16', 'model.safetensors'));
    const stored = await file.read('classifier.weight');
    await file.close();
    expect(stored.dtype).toBe('BF16');
    await loaded(inFolder('bf16'), ({ model: narrow }) => {
      expect(narrow.classifier.weight.dataSync()).toEqual(toFloat32(stored));
    });
    model.dispose();
  });

  it('leak nothing', async () => {
    await saved('leak');
    const round = () => loaded(inFolder('leak'), () => {});
    await round();
    expect(await countTensors(round)).toEqual(NO_GROWTH);
  });
});

describe('loadBert', () => {
  it('takes a bare encoder, and says that the head is new', async () => {
    await saved('encoder');
    const dir = await changed('encoder', 'bare', withoutPrefix);
    await loaded(dir, ({ model, newWeights, unusedTensors }) => {
      expect(newWeights).toEqual(['classifier.weight', 'classifier.bias']);
      expect(unusedTensors).toEqual([]);
      const values = model.classifier.weight.dataSync<'float32'>();
      const deviation = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
      expect(deviation).toBeGreaterThan(0.01); // N(0, 0.02), not the zeros it was made with
      expect(deviation).toBeLessThan(0.03);
    });
  });

  it('takes one without a pooler, and names what the model has no place for', async () => {
    await saved('poolerless');
    const dir = await changed('poolerless', 'no-pooler', (name) =>
      name.includes('pooler.dense.weight') ? 'cls.predictions.weight' : withoutPrefix(name),
    );
    await loaded(dir, ({ newWeights, unusedTensors }) => {
      expect(newWeights).toEqual(['bert.pooler.dense.weight', 'classifier.weight', 'classifier.bias']);
      expect(unusedTensors).toEqual(['cls.predictions.weight']);
    });
  });

  it('draws the same fresh head from the same stream', async () => {
    await saved('seeded');
    const dir = await changed('seeded', 'seeded-bare', withoutPrefix);
    const head = (seed: number) =>
      loaded(dir, ({ model }) => model.classifier.weight.dataSync(), {
        init: randomStreams(seed).stream('init'),
      });
    expect(await head(1)).toEqual(await head(1));
    expect(await head(1)).not.toEqual(await head(2));
  });

  it('keeps a head for the wanted classes and its order, whatever order they are wanted in', async () => {
    const before = await saved('reordered', { id2label: ['Neutral', 'Positive', 'Negative'] });
    const labels = ['positive', 'negative', 'neutral'];
    await loaded(
      inFolder('reordered'),
      ({ model, newWeights }) => {
        expect(newWeights).toEqual([]);
        expect(model.config.id2label).toEqual(['Neutral', 'Positive', 'Negative']);
        expect(logits(model)).toEqual(before);
      },
      { labels },
    );
  });

  it('puts a fresh head in place of one for other classes', async () => {
    await saved('stars', { id2label: ['1 star', '2 stars'] });
    await loaded(
      inFolder('stars'),
      ({ model, newWeights, unusedTensors }) => {
        expect(newWeights).toEqual(['classifier.weight', 'classifier.bias']);
        expect(unusedTensors.toSorted()).toEqual(['classifier.bias', 'classifier.weight']);
        expect(model.forward(tinyBatch()).shape).toEqual([5, 3]);
      },
      { labels: ['positive', 'negative', 'neutral'] },
    );
  });

  it('refuses a checkpoint that lacks a part of the encoder, and leaves nothing behind', async () => {
    await saved('whole-encoder');
    const dir = await changed('whole-encoder', 'two-layers', (name) =>
      name.includes('layer.2') ? null : name,
    );
    const refuse = async () => {
      await expect(loadBert(dir, { init: init() })).rejects.toThrow(
        /two-layers: the checkpoint lacks 16 weights .* bert\.encoder\.layer\.2\.attention\.self\.query\.weight/,
      );
    };
    expect(await countTensors(refuse)).toEqual(NO_GROWTH);
  });

  it('refuses a vocabulary that is not the model’s', async () => {
    await saved('own-words');
    const dir = await changed('own-words', 'foreign-words', (name) => name);
    writeFileSync(inFolder('foreign-words', 'vocab.txt'), [...tinyVocabulary, 'more'].join('\n'));
    await expect(loadBert(dir, { init: init() })).rejects.toThrow(/has 51 entries .* says 50/);
  });

  it('says what is wrong with a folder that is no model', async () => {
    mkdirSync(inFolder('empty'));
    await expect(loadBert(inFolder('empty'), { init: init() })).rejects.toThrow(
      /config\.json: cannot be read; is this the folder of a BERT model/,
    );
  });

  const published = sharedPath('models', 'all-MiniLM-L6-v2');
  it.skipIf(published === null)('loads a published encoder (needs the shared models)', async () => {
    await loaded(
      published!,
      ({ model, newWeights, unusedTensors, tokenizer }) => {
        expect(newWeights).toEqual(['classifier.weight', 'classifier.bias']); // the pooler is there
        expect(unusedTensors).toEqual([]);
        const count = [...model.namedParameters().values()].reduce((sum, { size }) => sum + size, 0);
        expect(count).toBe(22_713_216 + 3 * 384 + 3);
        tf.tidy(() => {
          const batch = tokenizer.encodeBatch(['Profit rose sharply.', 'The company made a loss.']);
          expect(model.forward(batch).shape).toEqual([2, 3]);
        });
      },
      { labels: ['positive', 'negative', 'neutral'] },
    );
  });
});

describe('saveBert refuses', () => {
  it('a folder with something in it', async () => {
    await saved('taken');
    const model = tinyModel();
    await expect(saveBert(model, tinyTokenizer(), inFolder('taken'))).rejects.toThrow(
      /taken: is not empty \(there is "config\.json"\)/,
    );
    model.dispose();
  });

  it('a tokenizer of another model', async () => {
    const model = tinyModel();
    const tokenizer = BertTokenizer.fromVocab([...tinyVocabulary, 'more']);
    await expect(saveBert(model, tokenizer, inFolder('other'))).rejects.toThrow(
      /51 words and the model's embedding 50 rows/,
    );
    model.dispose();
  });

  it('a model with an adapter, which the files would lose', async () => {
    const model = tinyModel();
    const layer = model.bert.layers[0].query;
    expect(layer).toBeInstanceOf(LinearLayer);
    layer.adapter = {
      forward: (x, base) => base.forward(x),
      namedParameters: () => new Map(),
      dispose: () => {},
    };
    await expect(saveBert(model, tinyTokenizer(), inFolder('adapted'))).rejects.toThrow(
      /bert\.encoder\.layer\.0\.attention\.self\.query has an adapter/,
    );
    model.dispose();
  });

  it('to leave half a folder behind', async () => {
    const model = tinyModel();
    model.classifier.bias.dispose();
    await expect(saveBert(model, tinyTokenizer(), inFolder('deep', 'half'))).rejects.toThrow();
    expect(readdirSync(inFolder('deep'))).toEqual([]);
    model.dispose();
  });
});

it('knows the names and shapes of a model’s weights without making it', () => {
  const model = tinyModel();
  const shapes = [...model.namedParameters()].map(([name, { shape }]) => [name, shape]);
  expect([...parameterShapes(tinyConfig)]).toEqual(shapes);
  model.dispose();
});
