import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countTensors, NO_GROWTH, randomStreams } from '@fin/runtime';
import { allClose, parity } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { loadBert, mergeAdapter, modelInfo, saveBert } from '../src/index.js';
import { PeftModel } from '../src/lora/index.js';
import { BertTokenizer } from '../src/tokenizer/index.js';
import { fixture } from './support/fixture.js';
import { temporaryFolder } from './support/temporary-folder.js';

/** Written by tooling/oracle/finbert-as-loaded.py: files that transformers and PEFT load although they look unusual. */
interface Expected {
  readonly texts: string[];
  readonly ids: number[][];
  readonly labels: string[];
  readonly logits: number[];
  readonly adapted: number[];
  readonly merged: number[];
}
const expected = fixture<Expected>('as-loaded/expected.json');
const folder = (name: string) => fileURLToPath(new URL(`./fixtures/as-loaded/${name}`, import.meta.url));
const FORWARD = parity('bert-forward');
const inFolder = temporaryFolder();
const load = (dir = folder('model')) => loadBert(dir, { init: randomStreams(1).stream('init') });

describe('files that transformers and PEFT load', () => {
  it('give the same ids, classes and logits', async () => {
    const { model, tokenizer, newWeights } = await load();
    expect(expected.texts.map((text) => [...tokenizer.encode(text)])).toEqual(expected.ids);
    expect(tokenizer.vocabSize).toBeLessThan(model.config.vocabSize);
    expect(model.config.id2label).toEqual(expected.labels);
    expect(newWeights).toEqual([]);
    const logits = tf.tidy(() => model.forward(tokenizer.encodeBatch(expected.texts)).dataSync());
    allClose(logits, expected.logits, FORWARD);
    const peft = await PeftModel.fromPretrained(model, folder('adapter'));
    const adapted = tf.tidy(() => peft.forward(tokenizer.encodeBatch(expected.texts)).dataSync());
    allClose(adapted, expected.adapted, FORWARD);
    peft.dispose();
    expect((await modelInfo(folder('model'))).problems).toEqual([]);
  });

  it('are saved so that they give the same again', async () => {
    const { model, tokenizer } = await load();
    await saveBert(model, tokenizer, inFolder('saved'));
    model.dispose();
    const again = BertTokenizer.fromDir(inFolder('saved'));
    expect(again.fingerprint).toBe(tokenizer.fingerprint);
    expect(expected.texts.map((text) => [...again.encode(text)])).toEqual(expected.ids);
  });
});

describe('mergeAdapter', () => {
  it("gives PEFT's merged model, and leaves nothing behind", async () => {
    const out = inFolder('merged');
    const merge = async () => {
      const result = await mergeAdapter(folder('adapter'), { base: folder('model'), out });
      expect(result).toMatchObject({ dir: out, labels: expected.labels });
    };
    await merge();
    const { model, tokenizer, newWeights } = await load(out);
    expect(newWeights).toEqual([]);
    const logits = tf.tidy(() => model.forward(tokenizer.encodeBatch(expected.texts)).dataSync());
    allClose(logits, expected.merged, FORWARD);
    model.dispose();
    rmSync(out, { recursive: true });
    expect(await countTensors(merge)).toEqual(NO_GROWTH);
  });

  it('writes onto no input and leaves no folder when it fails', async () => {
    cpSync(folder('model'), inFolder('base'), { recursive: true });
    cpSync(folder('adapter'), inFolder('adapter'), { recursive: true });
    for (const out of ['base', 'adapter']) {
      const merge = mergeAdapter(inFolder('adapter'), { base: inFolder('base'), out: inFolder(out) });
      await expect(merge).rejects.toThrow(/is not empty/);
    }
    rmSync(join(inFolder('adapter'), 'adapter_model.safetensors'));
    const fail = async () => {
      const merge = mergeAdapter(inFolder('adapter'), { base: inFolder('base'), out: inFolder('none') });
      await expect(merge).rejects.toMatchObject({ kind: 'input' });
    };
    expect(await countTensors(fail)).toEqual(NO_GROWTH);
    expect(existsSync(inFolder('none'))).toBe(false);
  });
});
