/**
 * Compares a full-size model with transformers: hidden states, logits, loss and every gradient.
 *
 * Run: python tooling/oracle/finbert-full-size.py OUT [MODEL_DIR], then (built) node bench/full-size.mjs OUT.
 * Prints the largest difference of each, relative to the largest expected value.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadTensorFlow, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { loadStateDict, openCheckpoint } from '../dist/checkpoint/index.js';
import { BertForSequenceClassification, crossEntropy, readConfig } from '../dist/index.js';
import { packSequences } from '../dist/tokenizer/index.js';

const dir = process.argv[2];
const { backend, version } = await loadTensorFlow();
console.log(`${backend} ${version}`);
const { sequences, labels } = JSON.parse(readFileSync(join(dir, 'inputs.json'), 'utf8'));
const expected = await openCheckpoint(join(dir, 'expected'));
const model = new BertForSequenceClassification(readConfig(dir), { init: randomStreams(1).stream('init') });
console.log(
  await loadStateDict(model, dir).then(({ loaded, missing, unused }) => ({
    loaded: loaded.length,
    missing,
    unused,
  })),
);
const batch = packSequences(sequences.map((ids) => Int32Array.from(ids)));

/** Largest difference over largest expected value. */
async function compare(name, actual) {
  const values = await expected.readFloat32(name);
  if (values.length !== actual.length)
    throw new Error(`${name}: ${actual.length} values, expected ${values.length}`);
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    worst = Math.max(worst, Math.abs(values[i] - actual[i]));
    largest = Math.max(largest, Math.abs(values[i]));
  }
  return worst / largest;
}

/** Rows in the order of the texts. */
function inTextOrder(state) {
  const width = state.shape[1];
  const rows = state.dataSync();
  const texts = [];
  batch.order.forEach((text, k) => {
    texts[text] = rows.subarray(batch.offsets[k] * width, batch.offsets[k + 1] * width);
  });
  return Float32Array.from(texts.flatMap((text) => [...text]));
}

const { hiddenStates } = model.bert.forward(batch, { outputHiddenStates: true });
for (const [i, state] of hiddenStates.entries()) {
  console.log(`hidden.${i}`, (await compare(`hidden.${i}`, inTextOrder(state))).toExponential(2));
}
console.log('logits', (await compare('logits', model.forward(batch).dataSync())).toExponential(2));
const { value, grads } = tf.variableGrads(() => crossEntropy(model.forward(batch), labels));
console.log('loss', (await compare('loss', value.dataSync())).toExponential(2));
const differences = [];
for (const [name, variable] of model.namedParameters()) {
  differences.push([name, await compare(`gradient.${name}`, grads[variable.name].dataSync())]);
}
// A bias of the keys shifts all scores of a query alike, so its true gradient is 0: both sides hold rounding alone.
const real = differences.filter(([name]) => !name.endsWith('key.bias')).sort((a, b) => b[1] - a[1]);
console.log(`${real.length} gradients that are not 0, the farthest:`);
for (const [name, difference] of real.slice(0, 4)) console.log(' ', name, difference.toExponential(2));
