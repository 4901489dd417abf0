import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TensorToWrite } from '@fin/files/safetensors';
import { writeSafetensors } from '@fin/files/safetensors';
import { countTensors, randomStreams } from '@fin/runtime';
import { allClose, parity, sharedPath } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadStateDict } from '../../src/checkpoint/index.js';
import { emptyStream } from '../../src/empty-stream.js';
import { BertInputError, BertModel, readConfig } from '../../src/index.js';
import { BertTokenizer } from '../../src/tokenizer/index.js';
import { fixture } from '../support/fixture.js';
import { tinyBatch, tinyConfig, tinyModel } from '../support/tiny-model.js';

const miniLm = sharedPath('models', 'all-MiniLM-L6-v2');
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'finbert-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** Writes the weights of a model, under the names that `rename` gives them; null leaves one out. */
async function write(parameters: Map<string, tf.Variable>, rename = (name: string): string | null => name) {
  const tensors: Record<string, TensorToWrite> = {};
  for (const [name, variable] of parameters) {
    const written = rename(name);
    const data = variable.dataSync<'float32'>();
    if (written !== null) tensors[written] = { dtype: 'F32', shape: variable.shape, data };
  }
  await writeSafetensors(join(dir, 'model.safetensors'), tensors, { format: 'pt' });
}

describe('loadStateDict', () => {
  it('gives the model the weights of the checkpoint', async () => {
    const [source, target] = [tinyModel({}, 1), tinyModel({}, 2)];
    await write(source.namedParameters());
    const { loaded, missing, unused } = await loadStateDict(target, dir);
    expect([loaded.length, missing, unused]).toEqual([source.namedParameters().size, [], []]);
    tf.tidy(() => {
      expect(target.forward(tinyBatch()).dataSync()).toEqual(source.forward(tinyBatch()).dataSync());
    });
    // Native handles are made when a value is first used, so only tensors can be counted.
    expect(await countTensors(() => loadStateDict(target, dir))).toMatchObject({
      tensors: 0,
      dataBuffers: 0,
    });
    source.dispose();
    target.dispose();
  });

  it('says which weights are fresh and which tensors went unused', async () => {
    const [source, target] = [tinyModel({}, 1), tinyModel({}, 2)];
    const head = target.classifier.weight.dataSync();
    await write(source.namedParameters(), (name) => (name.startsWith('classifier') ? `cls.${name}` : name));
    const { missing, unused } = await loadStateDict(target, dir);
    expect([missing, unused]).toEqual([
      ['classifier.weight', 'classifier.bias'],
      ['cls.classifier.bias', 'cls.classifier.weight'],
    ]);
    expect(target.classifier.weight.dataSync()).toEqual(head);
    source.dispose();
    target.dispose();
  });

  it('fits a bare encoder to a model with a head and the other way round', async () => {
    const bare = new BertModel(tinyConfig, { init: randomStreams(3).stream('init') });
    const model = tinyModel();
    await write(bare.namedParameters());
    expect((await loadStateDict(model, dir)).missing).toEqual(['classifier.weight', 'classifier.bias']);
    expect(model.bert.pooler!.dense.weight.dataSync()).toEqual(bare.pooler!.dense.weight.dataSync());
    await write(tinyModel({}, 9).namedParameters());
    expect(await loadStateDict(bare, dir)).toMatchObject({
      missing: [],
      unused: ['classifier.bias', 'classifier.weight'],
    });
    bare.dispose();
    model.dispose();
  });

  it('refuses weights of another shape and foreign checkpoints', async () => {
    const [source, target] = [tinyModel({ intermediateSize: 20 }), tinyModel()];
    await write(source.namedParameters());
    await expect(loadStateDict(target, dir)).rejects.toThrow(
      /intermediate.dense.weight is \[20, 8\] there and \[16, 8\]/,
    );
    await write(source.namedParameters(), (name) => (name === 'classifier.bias' ? 'lstm.weight' : null));
    const refused = loadStateDict(target, dir);
    await expect(refused).rejects.toThrow(BertInputError);
    await expect(refused).rejects.toThrow(/holds none of the model's weights; its first is "lstm.weight"/);
    source.dispose();
    target.dispose();
  });
});

it.skipIf(!miniLm)(
  'a published model gives what transformers makes of it, from text to numbers',
  async () => {
    const { texts, pooled } = fixture<{ texts: string[]; pooled: number[] }>('encoder-minilm.json');
    const model = new BertModel(readConfig(miniLm!), { init: emptyStream });
    expect(await loadStateDict(model, miniLm!)).toMatchObject({ missing: [], unused: [] });
    const tokenizer = BertTokenizer.fromDir(miniLm!);
    tf.tidy(() => {
      const { pooled: ours } = model.forward(tokenizer.encodeBatch(texts));
      allClose(ours!.dataSync(), pooled, parity('minilm-pooled'));
    });
    model.dispose();
  },
);
