import { countTensors, NO_GROWTH } from '@fin/runtime';
import { fullTier } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { crossEntropy } from '../../src/index.js';
import type { LoraConfig, PeftModel } from '../../src/lora/index.js';
import { getPeftModel } from '../../src/lora/index.js';
import { initStream } from '../support/init-stream.js';
import { tinyBatch, tinyLabels, tinyModel } from '../support/tiny-model.js';

const options = { init: initStream() };
const batch = tinyBatch();
const make = (settings: Partial<LoraConfig> = {}) => {
  const model = tinyModel({ hiddenDropoutProb: 0, attentionProbsDropoutProb: 0, initializerRange: 0.5 });
  made.push(getPeftModel(model, settings, { init: initStream() }));
  return made.at(-1) as PeftModel<typeof model>;
};
const logits = (peft: Pick<ReturnType<typeof make>, 'forward'>) =>
  tf.tidy(() => peft.forward(batch).dataSync());
const train = (peft: ReturnType<typeof make>, steps = 1, rate = 0.5) => {
  for (let step = 0; step < steps; step++) {
    const { value, grads } = tf.variableGrads(() => crossEntropy(peft.forward(batch), tinyLabels));
    tf.tidy(() => {
      for (const variable of peft.namedParameters().values()) {
        if (variable.trainable) variable.assign(tf.sub(variable, tf.mul(grads[variable.name], rate)));
      }
    });
    tf.dispose([value, grads]);
  }
};
let made: PeftModel[] = [];
afterEach(() => {
  for (const peft of made) peft.dispose();
  made = [];
});

describe('a fresh adapter', () => {
  it.each([{}, { initLoraWeights: 'gaussian' }, { useDora: true }] as const)(
    'changes nothing: %o',
    (settings) => {
      const peft = make(settings);
      const before = peft.disableAdapter(() => logits(peft));
      const after = logits(peft);
      for (const [i, value] of before.entries()) expect(after[i]).toBeCloseTo(value, 4);
      train(peft);
      expect(logits(peft)).not.toEqual(after);
      expect(peft.disableAdapter(() => logits(peft))).toEqual(before);
    },
  );

  it('begins as PEFT begins', () => {
    const wide = tinyModel({ hiddenSize: 200, numHiddenLayers: 1 });
    const spread = (settings: Partial<LoraConfig>) => {
      const peft = getPeftModel(wide, { r: 100, ...settings }, { init: initStream() });
      const matrix = (kind: string) => {
        const name = `base_model.model.bert.encoder.layer.0.attention.self.query.${kind}.default.weight`;
        const values = peft.namedParameters().get(name)!.dataSync<'float32'>();
        const deviation = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
        return { deviation, most: Math.max(...values.map(Math.abs)) };
      };
      const spread = { a: matrix('lora_A'), b: matrix('lora_B') };
      peft.deleteAdapter('default');
      return spread;
    };
    const uniform = spread({});
    expect(uniform.a.most).toBeLessThanOrEqual(1 / Math.sqrt(200));
    expect(uniform.a.deviation).toBeCloseTo(1 / Math.sqrt(3 * 200), 3);
    expect(uniform.b.most).toBe(0);
    const gaussian = spread({ initLoraWeights: 'gaussian' });
    expect(gaussian.a.deviation).toBeCloseTo(1 / 100, 3);
    expect(gaussian.b.most).toBe(0);
    const random = spread({ initLoraWeights: false });
    expect(random.a.deviation).toBeCloseTo(1 / Math.sqrt(3 * 200), 3);
    expect(random.b.deviation).toBeCloseTo(1 / Math.sqrt(3 * 100), 3);
    wide.dispose();
  });

  it('learns, and only it', () => {
    const peft = make({ targetModules: 'all-linear', r: 4 });
    const base = () => [...peft.namedParameters()].filter(([, { trainable }]) => !trainable);
    const values = () => base().map(([, variable]) => variable.dataSync());
    const before = values();
    const loss = () => tf.tidy(() => crossEntropy(peft.forward(batch), tinyLabels).dataSync()[0]);
    const first = loss();
    train(peft, 40, 0.1);
    expect(loss()).toBeLessThan(0.75 * first);
    expect(values()).toEqual(before);
  });
});

describe('several adapters', () => {
  it('are trained and switched one by one, heads included', () => {
    const peft = make();
    peft.addAdapter('other', { r: 2, useDora: true, targetModules: ['key', 'dense'] }, options);
    expect(Object.keys(peft.peftConfig)).toEqual(['default', 'other']);
    const before = logits(peft);
    train(peft, 3);
    const trained = logits(peft);
    peft.setAdapter('other');
    for (const [i, value] of logits(peft).entries()) expect(value).toBeCloseTo(before[i], 4);
    train(peft, 3);
    const other = logits(peft);
    peft.setAdapter('default');
    expect(logits(peft)).toEqual(trained);
    peft.setAdapter('other', { inferenceMode: true });
    expect(logits(peft)).toEqual(other);
    expect(peft.getNbTrainableParameters().trainable).toBe(0);
  });

  it('can be deleted: the first of those left takes over, and after the last there is the base model', () => {
    const peft = make();
    const base = peft.disableAdapter(() => logits(peft));
    const names = [...peft.model.namedParameters().keys()];
    train(peft, 2);
    const trained = logits(peft);
    peft.addAdapter('other', { targetModules: ['key'] }, options);
    peft.setAdapter('other');
    peft.deleteAdapter('other');
    expect(peft.activeAdapter).toBe('default');
    expect(logits(peft)).toEqual(trained);
    peft.deleteAdapter('default');
    expect(peft.activeAdapter).toBeNull();
    expect(logits(peft)).toEqual(base);
    expect([...peft.namedParameters().keys()]).toEqual(names.map((name) => `base_model.model.${name}`));
    expect([...peft.model.namedParameters().keys()]).toEqual(names);
  });

  it.each([
    ['a taken name', 'default', {}, /"default" already/],
    ['a name for no folder', 'a/b', {}, /cannot be an adapter's name/],
    ['two that train biases', 'b', { bias: 'all' }, /adapter "default" trains them/],
    ['LoRA within a part trained whole', 'b', { targetModules: ['dense'] }, /another adapter trains in full/],
    ['a part of a part', 'b', { modulesToSave: ['pooler.dense'] }, /changes bert.pooler by itself/],
    [
      'a part trained whole around LoRA',
      'b',
      { modulesToSave: ['1.attention'] },
      /1.attention.self.query by itself/,
    ],
  ] as const)('do not go together: %s', async (_, name, settings, message) => {
    const peft = make({ bias: 'lora_only', modulesToSave: ['pooler'] });
    const flags = () => [...peft.namedParameters().values()].map(({ trainable }) => trainable);
    const before = flags();
    const attempt = () => {
      expect(() => peft.addAdapter(name, settings as Partial<LoraConfig>, options)).toThrow(message);
    };
    expect(await countTensors(attempt)).toEqual(NO_GROWTH);
    expect(flags()).toEqual(before);
  });

  it('need layers that exist', () => {
    const model = tinyModel();
    expect(() => getPeftModel(model, { layersToTransform: [9] }, options)).toThrow(
      'targetModules ["query","value"] in the layers 9 of layersToTransform fits no layer',
    );
    model.dispose();
  });

  it('that are not there, or merged, are named', () => {
    const peft = make();
    expect(() => peft.setAdapter('sentiment')).toThrow(/no adapter "sentiment"; there are default/);
    expect(() => peft.mergeAdapter({ adapterNames: ['x'] })).toThrow(/no adapter "x"/);
    peft.mergeAdapter();
    expect(() => peft.deleteAdapter('default')).toThrow(/default is merged: call unmergeAdapter/);
    expect(() => peft.addAdapter('b', {}, options)).toThrow(/default is merged/);
    expect(() => getPeftModel(peft.model, {}, options)).toThrow(/use addAdapter/);
  });
});

describe('disableAdapter', () => {
  it('restores after errors and promises, and nests', async () => {
    const peft = make({ initLoraWeights: false });
    const adapted = logits(peft);
    const base = peft.disableAdapter(() => peft.disableAdapter(() => logits(peft)));
    expect(base).not.toEqual(adapted);
    expect(peft.disableAdapter(() => peft.disableAdapter(() => 1) && logits(peft))).toEqual(base);
    const fails = () =>
      peft.disableAdapter(() => {
        throw new Error('inside');
      });
    expect(fails).toThrow('inside');
    expect(logits(peft)).toEqual(adapted);
    const later = await peft.disableAdapter(async () => {
      await Promise.resolve();
      return logits(peft);
    });
    expect(later).toEqual(base);
    expect(logits(peft)).toEqual(adapted);
    expect(peft.getNbTrainableParameters().trainable).toBeGreaterThan(0);
  });

  it('ends with the last of those that overlap, and is no time to change adapters', async () => {
    const peft = make({ initLoraWeights: false });
    const adapted = logits(peft);
    const base = peft.disableAdapter(() => logits(peft));
    const ends: (() => void)[] = [];
    const scope = () => peft.disableAdapter(() => new Promise<void>((resolve) => ends.push(resolve)));
    const scopes = [scope(), scope()];
    for (const [i, end] of ends.entries()) {
      expect(logits(peft)).toEqual(base);
      expect(() => peft.setAdapter('default')).toThrow(/within disableAdapter/);
      expect(() => peft.mergeAdapter()).toThrow(/within disableAdapter/);
      expect(() => peft.deleteAdapter('default')).toThrow(/within disableAdapter/);
      end();
      await scopes[i];
    }
    expect(logits(peft)).toEqual(adapted);
  });

  it('may be a part of a loss: gradients stay those of the adapter', () => {
    const peft = make({ initLoraWeights: false });
    const reference = peft.disableAdapter(() => peft.forward(batch));
    const distance = (other: tf.Tensor2D) =>
      tf.sum(tf.square(tf.sub(peft.forward(batch), other))) as tf.Scalar;
    const known = tf.variableGrads(() => distance(reference));
    const within = tf.variableGrads(() => distance(peft.disableAdapter(() => peft.forward(batch))));
    for (const name of Object.keys(known.grads)) {
      expect(within.grads[name].dataSync()).toEqual(known.grads[name].dataSync());
    }
    tf.dispose([reference, known, within] as tf.TensorContainer);
  });
});

describe('a merge', () => {
  it('that would break the model is refused with nothing changed', () => {
    const peft = make({ initLoraWeights: false });
    const before = logits(peft);
    const weights = () => [...peft.model.namedParameters().values()].map((variable) => variable.dataSync());
    const untouched = weights();
    const last = [...peft.namedParameters()].filter(([name]) => name.includes('lora_B')).at(-1)![1];
    const sound = tf.clone(last);
    last.assign(tf.fill(last.shape, Number.NaN));
    expect(() => peft.mergeAdapter({ safeMerge: true })).toThrow(
      /layer\.2\.attention\.self\.value would hold NaN/,
    );
    expect(weights()).toEqual(untouched);
    expect(peft.mergedAdapters).toEqual([]);
    last.assign(sound);
    expect(logits(peft)).toEqual(before);
  });

  it('leaves nothing to train', () => {
    const peft = make();
    peft.mergeAdapter();
    expect(() => tf.variableGrads(() => crossEntropy(peft.forward(batch), tinyLabels))).not.toThrow();
    const merged = peft.mergeAndUnload();
    const again = getPeftModel(merged, { targetModules: ['key'] }, options);
    expect(Object.keys(again.peftConfig)).toEqual(['default']);
  });
});

describe('memory', () => {
  it('grows by no step, switch, merge or scope', async () => {
    const peft = make({ useDora: true });
    peft.addAdapter('other', { modulesToSave: ['pooler', 'LayerNorm'] }, options);
    const round = () => {
      for (const name of ['default', 'other']) {
        peft.setAdapter(name);
        train(peft, 2);
        peft.disableAdapter(() => logits(peft));
        peft.mergeAdapter({ safeMerge: true });
        logits(peft);
        peft.unmergeAdapter();
      }
      tf.tidy(() => peft.mergeAdapter({ adapterNames: ['default', 'other'] }));
      peft.unmergeAdapter();
    };
    round();
    const rounds = () => {
      for (let i = 0; i < (fullTier ? 10 : 3); i++) round();
    };
    expect(await countTensors(rounds)).toEqual(NO_GROWTH);
  });

  it('is given back', async () => {
    const settings = { useDora: true, modulesToSave: ['pooler', 'word_embeddings'] };
    const lives = [
      (peft: PeftModel) => peft.dispose(),
      (peft: PeftModel) => {
        peft.mergeAdapter();
        peft.dispose();
      },
      (peft: PeftModel) => peft.mergeAndUnload().dispose(),
      (peft: PeftModel) => {
        peft.deleteAdapter('default');
        peft.deleteAdapter('other');
        peft.model.dispose();
      },
    ];
    for (const live of lives) {
      const cycle = () => {
        const peft = getPeftModel(tinyModel(), settings, options);
        peft.addAdapter('other', { modulesToSave: ['pooler'] }, options);
        live(peft);
      };
      expect(await countTensors(cycle)).toEqual(NO_GROWTH);
    }
  });

  // tfjs's wasm backend copies where the others share.
  it.skipIf(tf.getBackend() === 'wasm')('is not taken by copies before they change', () => {
    const model = tinyModel();
    const buffers = tf.memory().numDataBuffers;
    const peft = getPeftModel(model, { modulesToSave: ['word_embeddings', 'pooler'] }, options);
    expect(tf.memory().numDataBuffers - buffers).toBe(12); // A and B of query and value in three layers
    peft.dispose();
  });
});
