import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors, writeSafetensors } from '@fin/files/safetensors';
import { countTensors, NO_GROWTH } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { getPeftModel, PeftModel, readLoraConfig } from '../../src/lora/index.js';
import { initStream } from '../support/init-stream.js';
import { adapterFolder, LORA_CASES, loraCase, loraModel } from '../support/lora-fixture.js';

let dir: string;
let models: { dispose(): void }[] = [];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fin-lora-'));
});
afterEach(async () => {
  for (const model of models) model.dispose();
  models = [];
  await rm(dir, { recursive: true });
});

const json = async (folder: string) =>
  JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8')) as Record<string, unknown>;
const weights = (folder: string) => openSafetensors(join(folder, 'adapter_model.safetensors'));

async function tensors(folder: string) {
  const file = await weights(folder);
  const all = new Map<string, { shape: readonly number[]; data: unknown }>();
  for (const name of [...file.names()].sort()) {
    const { shape, data } = await file.read(name);
    all.set(name, { shape, data });
  }
  await file.close();
  return { all, metadata: [...file.metadata] };
}

describe.each(LORA_CASES)('an adapter that PEFT wrote (%s)', (name) => {
  it('is written back with the same settings and, bit for bit, the same tensors', async () => {
    const { model } = loraCase(name);
    const peft = await PeftModel.fromPretrained(model, adapterFolder(name));
    models.push(peft);
    await peft.savePretrained(dir);
    const [ours, theirs] = [await json(dir), await json(adapterFolder(name))];
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    const lists = (value: unknown) => (Array.isArray(value) ? [...value].sort() : value);
    for (const key of Object.keys(theirs)) {
      if (key === 'init_lora_weights' || key === 'peft_version') continue;
      expect([key, lists(ours[key])]).toEqual([key, lists(theirs[key])]);
    }
    const [written, read] = [await tensors(dir), await tensors(adapterFolder(name))];
    expect(written.metadata).toEqual([['format', 'pt']]);
    // PEFT repeats biases of parts trained whole under names that only its own objects have.
    const repeated = /\.(original_module|modules_to_save)\./;
    expect(written.all).toEqual(new Map([...read.all].filter(([key]) => !repeated.test(key))));
  });
});

describe('an adapter made here', () => {
  it('comes back as it was, with an active one beside it untouched', async () => {
    const { model, batch } = loraModel();
    const peft = getPeftModel(model, { r: 3, initLoraWeights: false, useDora: true }, { init: initStream() });
    models.push(peft);
    const logits = () => tf.tidy(() => peft.forward(batch).dataSync());
    const before = logits();
    await peft.savePretrained(join(dir, 'deep/er'), { adapterName: 'default' });
    await peft.loadAdapter(join(dir, 'deep/er'), 'again');
    expect(peft.activeAdapter).toBe('default');
    expect(logits()).toEqual(before);
    peft.setAdapter('again');
    expect(logits()).toEqual(before);
    expect(readLoraConfig(join(dir, 'deep/er'))).toEqual(peft.peftConfig.default);
  });

  it('is frozen when loaded, unless it is to be trained', async () => {
    const counts = async (options = {}) => {
      const peft = await PeftModel.fromPretrained(loraModel().model, adapterFolder('dora'), options);
      models.push(peft);
      return peft.getNbTrainableParameters().trainable;
    };
    expect(await counts()).toBe(0);
    expect(await counts({ isTrainable: true })).toBeGreaterThan(0);
  });
});

describe('a file that does not fit is refused, and nothing has changed', () => {
  const refused = async (change: (folder: string) => Promise<void>, message: RegExp) => {
    await cp(adapterFolder('dora'), dir, { recursive: true });
    await change(dir);
    const { model, batch } = loraModel();
    models.push(model);
    const logits = () => tf.tidy(() => model.forward(batch).dataSync());
    const before = logits();
    const names = [...model.namedParameters().keys()];
    const attempt = async () => {
      await expect(PeftModel.fromPretrained(model, dir)).rejects.toThrow(message);
      await expect(PeftModel.fromPretrained(model, dir)).rejects.toMatchObject({ kind: 'input' });
    };
    expect(await countTensors(attempt)).toEqual(NO_GROWTH);
    expect([...model.namedParameters().keys()]).toEqual(names);
    expect(logits()).toEqual(before);
  };
  const configWith = (changes: Record<string, unknown>) => async (folder: string) => {
    await writeFile(
      join(folder, 'adapter_config.json'),
      JSON.stringify({ ...(await json(folder)), ...changes }),
    );
  };
  const weightsWith = (
    edit: (all: Map<string, { shape: readonly number[]; data: Float32Array }>) => void,
  ) => {
    return async (folder: string) => {
      const { all } = await tensors(folder);
      edit(all as Map<string, { shape: readonly number[]; data: Float32Array }>);
      const named = [...all].map(([key, { shape, data }]) => {
        return [key, { dtype: 'F32', shape, data: data as Float32Array }] as const;
      });
      await writeSafetensors(join(folder, 'adapter_model.safetensors'), new Map(named));
    };
  };
  const first = (all: Map<string, unknown>) => [...all.keys()].find((key) => key.includes('lora_A'))!;

  it.each([
    [
      'another rank',
      configWith({ r: 5 }),
      /lora_A\.weight is \[3, 12\] there and \[5, 12\] in the model; .* more/,
    ],
    ['fewer layers', configWith({ target_modules: ['query'] }), /has no place in the model/],
    ['more layers', configWith({ exclude_modules: null }), /self\.key\.lora_A\.weight is missing/],
    ['no DoRA', configWith({ use_dora: false }), /lora_magnitude_vector" has no place/],
    ['a tensor less', weightsWith((all) => all.delete(first(all))), /lora_A\.weight is missing/],
    [
      'a tensor more',
      weightsWith((all) => all.set('base_model.model.x', { shape: [1], data: Float32Array.of(1) })),
      /base_model\.model\.x" has no place/,
    ],
    ['no such layers', configWith({ target_modules: ['q_proj'] }), /fits no layer .* query, key, value/],
    ['another kind', configWith({ peft_type: 'IA3' }), /peft_type is "IA3"/],
    [
      'an init that moved the base',
      configWith({ init_lora_weights: 'pissa' }),
      /"pissa", which changes the base/,
    ],
    ['an unsupported field', configWith({ layer_replication: [[0, 2]] }), /layer_replication is \[\[0,2\]\]/],
    ['broken settings', (folder: string) => writeFile(join(folder, 'adapter_config.json'), '{'), /not JSON/],
    [
      'no settings',
      (folder: string) => rm(join(folder, 'adapter_config.json')),
      /adapter_config\.json: cannot be read/,
    ],
    [
      'no weights',
      (folder: string) => rm(join(folder, 'adapter_model.safetensors')),
      /adapter_model\.safetensors/,
    ],
    [
      'broken weights',
      (folder: string) => writeFile(join(folder, 'adapter_model.safetensors'), 'x'),
      /safetensors/,
    ],
  ])('%s', async (_, change, message) => refused(change, message));

  it('nor is one written where none can be', async () => {
    const peft = getPeftModel(loraModel().model, {}, { init: initStream() });
    models.push(peft);
    await writeFile(join(dir, 'file'), '');
    await expect(peft.savePretrained(join(dir, 'file'))).rejects.toMatchObject({ kind: 'input' });
    await expect(peft.savePretrained(dir, { adapterName: 'x' })).rejects.toThrow(/no adapter "x"/);
  });
});

it('adapters of the time before safetensors are read', async () => {
  for (const file of ['adapter_config.json', 'adapter_model.bin']) {
    await cp(join(adapterFolder('default'), file), join(dir, file));
  }
  const peft = await PeftModel.fromPretrained(loraModel().model, dir);
  models.push(peft);
  const { all } = await tensors(adapterFolder('default'));
  const values = [...peft.adapterParameters('default')].map(([name, variable]) => {
    return [name, { shape: variable.shape, data: variable.dataSync() }] as const;
  });
  expect(new Map(values)).toEqual(all);
});

it('half-precision adapters are widened', async () => {
  await cp(adapterFolder('default'), dir, { recursive: true });
  const { all } = await tensors(dir);
  const half = [...all].map(([key, { shape, data }]) => {
    const words = new Uint32Array((data as Float32Array).slice().buffer);
    return [key, { dtype: 'BF16', shape, data: Uint16Array.from(words, (word) => word >>> 16) }] as const;
  });
  await writeSafetensors(join(dir, 'adapter_model.safetensors'), new Map(half));
  const peft: PeftModel = await PeftModel.fromPretrained(loraModel().model, dir);
  models.push(peft);
  for (const [name, variable] of peft.adapterParameters('default')) {
    const exact = all.get(name)!.data as Float32Array;
    const close = variable
      .dataSync()
      .every((value, i) => Math.abs(value - exact[i]) <= Math.abs(exact[i]) / 128);
    expect(close).toBe(true);
  }
});
