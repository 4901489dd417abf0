import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allClose, maxDifference, parity } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crossEntropy } from '../../src/index.js';
import type { LoraConfig } from '../../src/lora/index.js';
import { getPeftModel, readLoraConfig } from '../../src/lora/index.js';
import { initStream } from '../support/init-stream.js';
import type { LoraCase } from '../support/lora-fixture.js';
import { adapterFolder, LORA_CASES, loraCase } from '../support/lora-fixture.js';

const python = process.env.FIN_ORACLE_PYTHON;
const script = fileURLToPath(new URL('../../../../tooling/oracle/finbert-lora-peft.py', import.meta.url));
if (python === undefined) {
  console.info(
    'FIN_ORACLE_PYTHON names no Python with torch, transformers and peft: nothing is loaded by PEFT itself',
  );
}

/** Settings as given here, where the fixtures have them as PEFT wrote them. */
const MORE: Record<string, Partial<LoraConfig>> = {
  'all-linear, rsLoRA': { targetModules: 'all-linear', useRslora: true, r: 4, alphaPattern: { query: 9 } },
  'bare names': {
    targetModules: ['key', 'intermediate.dense'],
    excludeModules: ['layer.0.attention.self.key'],
  },
};
const cases: Record<string, Partial<LoraConfig>> = {
  ...Object.fromEntries(LORA_CASES.map((name) => [name, readLoraConfig(adapterFolder(name as LoraCase))])),
  ...MORE,
};

describe.skipIf(python === undefined)('an adapter trained here, loaded by PEFT (FIN_ORACLE_PYTHON)', () => {
  let dir: string;
  let theirs: Record<string, number[]>;
  const ours = new Map<string, { adapted: Float32Array; base: Float32Array }>();

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'fin-lora-'));
    for (const name of Object.keys(cases)) ours.set(name, await trainAndSave(cases[name], join(dir, name)));
    const folders = [...ours.keys()].map((name) => join(dir, name));
    const printed = execFileSync(python!, [script, 'load', ...folders], { encoding: 'utf8', stdio: 'pipe' });
    theirs = JSON.parse(printed.trim().split('\n').at(-1)!) as typeof theirs;
  });
  afterAll(() => rm(dir, { recursive: true }));

  it.each(Object.keys(cases))('%s', (name) => {
    const { adapted, base } = ours.get(name)!;
    const logits = theirs[join(dir, name)];
    allClose(adapted, logits, parity('lora-read-by-peft'));
    expect(maxDifference(base, logits)).toBeGreaterThan(0.01);
  });
});

/** Five steps, so that nothing in the file is what it began as. */
async function trainAndSave(settings: Partial<LoraConfig>, dir: string) {
  const { model, batch, expected } = loraCase('default');
  const peft = getPeftModel(model, { ...settings, loraDropout: 0 }, { init: initStream() });
  for (let step = 0; step < 5; step++) {
    const { value, grads } = tf.variableGrads(() => crossEntropy(peft.forward(batch), expected.labels));
    tf.tidy(() => {
      for (const variable of peft.namedParameters().values()) {
        if (variable.trainable) variable.assign(tf.sub(variable, tf.mul(grads[variable.name], 0.2)));
      }
    });
    tf.dispose([value, grads]);
  }
  await peft.savePretrained(dir);
  const logits = () => tf.tidy(() => peft.forward(batch).dataSync<'float32'>());
  const result = { adapted: logits(), base: peft.disableAdapter(logits) };
  peft.dispose();
  return result;
}
