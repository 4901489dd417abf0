import { allClose, parity } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { crossEntropy } from '../../src/index.js';
import { getPeftModel, loraPlusGroups, PeftModel, readLoraConfig } from '../../src/lora/index.js';
import { fixture } from '../support/fixture.js';
import { initStream } from '../support/init-stream.js';
import type { LoraCase } from '../support/lora-fixture.js';
import { adapterFolder, LORA_CASES, loraCase, loraModel } from '../support/lora-fixture.js';

/** fp32 on both sides, sums in different orders. */
const FORWARD = parity('lora-forward');
const GRADIENT = parity('lora-gradients');

let models: PeftModel[] = [];
afterEach(() => {
  for (const model of models) model.dispose();
  models = [];
});

/** The adapter that PEFT saved, on the base model it was trained on. */
async function load(name: LoraCase, isTrainable = true) {
  const { expected, model, batch } = loraCase(name);
  const peft = await PeftModel.fromPretrained(model, adapterFolder(name), { isTrainable });
  models.push(peft);
  return { expected, peft, batch, logits: () => tf.tidy(() => peft.forward(batch).dataSync()) };
}

/** Weights of adapted layers by the oracle's names. */
function expectMerged(peft: PeftModel, merged: Record<string, number[]>): void {
  const weights = peft.model.namedParameters();
  for (const [path, values] of Object.entries(merged)) {
    allClose(weights.get(`${path}.weight`)!.dataSync(), values, FORWARD);
  }
}

describe.each(LORA_CASES)('an adapter that PEFT wrote (%s)', (name) => {
  it('computes the same', async () => {
    const { expected, logits } = await load(name, false);
    allClose(logits(), expected.logits, FORWARD);
  });

  it('has the same parameters, the same of them trained, in groups the same by LoRA+', async () => {
    const { expected, peft } = await load(name);
    const parameters = [...peft.namedParameters()];
    expect(parameters.map(([path, v]) => [path, v.shape, v.trainable])).toEqual(expected.parameters);
    const { trainable, total } = peft.getNbTrainableParameters();
    expect([trainable, total]).toEqual(expected.counts);
    const groups = loraPlusGroups(peft, { learningRate: 1e-3, ratio: 16, weightDecay: 0.01 });
    expect(groups.map((group) => ({ ...group, parameters: [...group.parameters.keys()] }))).toEqual(
      expected.loraPlus,
    );
  });

  it('is trained with the same gradients', async () => {
    const { expected, peft, batch } = await load(name);
    const { value, grads } = tf.variableGrads(() => crossEntropy(peft.forward(batch), expected.labels));
    const trained = [...peft.namedParameters()].filter(([, { trainable }]) => trainable);
    expect(trained.map(([path]) => path).sort()).toEqual(Object.keys(expected.gradients).sort());
    expect(Object.keys(grads).length).toBe(trained.length);
    for (const [path, variable] of trained) {
      try {
        allClose(grads[variable.name].dataSync(), expected.gradients[path], GRADIENT);
      } catch (cause) {
        throw new Error(`gradient of ${path}: ${(cause as Error).message}`, { cause });
      }
    }
    tf.dispose([value, grads]);
  });

  it('can be disabled', async () => {
    const { expected, peft, batch, logits } = await load(name);
    const flags = () => [...peft.namedParameters().values()].map(({ trainable }) => trainable);
    const before = flags();
    const disabled = peft.disableAdapter(() => tf.tidy(() => peft.forward(batch).dataSync()));
    allClose(disabled, expected.disabledLogits, FORWARD);
    allClose(logits(), expected.logits, FORWARD);
    expect(flags()).toEqual(before);
  });

  it('can be merged, safely or not, and taken out again', async () => {
    const { expected, peft, logits } = await load(name);
    for (const safeMerge of [false, true]) {
      peft.mergeAdapter({ safeMerge });
      peft.mergeAdapter({ safeMerge });
      expect(peft.mergedAdapters).toEqual(['default']);
      expectMerged(peft, expected.merged);
      allClose(logits(), expected.logits, FORWARD);
      peft.unmergeAdapter();
      expect(peft.mergedAdapters).toEqual([]);
      allClose(logits(), expected.logits, FORWARD);
    }
  });

  it('can be merged for good, which leaves the plain model', async () => {
    const { expected, peft, batch } = await load(name);
    const names = [...loraModelNames()];
    const merged = peft.mergeAndUnload({ safeMerge: true });
    expect([...merged.namedParameters().keys()]).toEqual(names);
    expectMerged(peft, expected.merged);
    allClose(
      tf.tidy(() => merged.forward(batch).dataSync()),
      expected.logits,
      FORWARD,
    );
  });

  it('can be made afresh with the same settings', async () => {
    const { expected, model } = loraCase(name);
    const peft = getPeftModel(model, readLoraConfig(adapterFolder(name)), { init: initStream() });
    models.push(peft);
    const parameters = [...peft.namedParameters()];
    expect(parameters.map(([path, v]) => [path, v.shape, v.trainable])).toEqual(expected.parameters);
  });
});

function loraModelNames(): string[] {
  const { model } = loraModel();
  const names = [...model.namedParameters().keys()];
  model.dispose();
  return names;
}

describe('several adapters, as in PEFT', () => {
  type Merge = { logits: number[]; merged: Record<string, number[]> };
  const expected = fixture<Record<'dora' | 'second', number[]> & Record<string, Merge>>('lora-several.json');

  it('one is at work at a time', async () => {
    const { peft, logits } = await load('dora');
    await peft.loadAdapter(adapterFolder('default'), 'second');
    expect(peft.activeAdapter).toBe('default');
    allClose(logits(), expected.dora, FORWARD);
    peft.setAdapter('second');
    allClose(logits(), expected.second, FORWARD);
    peft.setAdapter('default');
    allClose(logits(), expected.dora, FORWARD);
  });

  it.each(['default second', 'second default'])('merged one after the other: %s', async (order) => {
    const { peft, logits } = await load('dora');
    await peft.loadAdapter(adapterFolder('default'), 'second');
    peft.setAdapter('second');
    const { merged, logits: expectedLogits } = expected[order];
    peft.mergeAdapter({ adapterNames: order.split(' '), safeMerge: order.startsWith('second') });
    expectMerged(peft, merged);
    allClose(logits(), expectedLogits, FORWARD);
    peft.unmergeAdapter();
    allClose(logits(), expected.second, FORWARD);
  });
});
