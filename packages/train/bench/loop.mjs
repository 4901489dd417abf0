// Overhead of the training loop per update: the same updates with `fit` and with a bare loop of tf.variableGrads and AdamW, on
// models so small that nothing else matters.
//   node bench/loop.mjs [updates]
import { cpus } from 'node:os';
import { findBackends, loadTensorFlow, parameter, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { AdamW, decayGroups, fit } from '../dist/index.js';

const updates = Number(process.argv[2] ?? 300);
const ROUNDS = 7;
const batchSize = 32;
const size = batchSize * updates;

console.log(
  `${cpus()[0].model}, ${cpus().length} CPUs, Node ${process.version}; ms per update, median of ${ROUNDS} rounds of ${updates}`,
);
for (const { name, available } of await findBackends()) {
  if (!available) continue;
  await loadTensorFlow({ backend: name });
  const [bare, looped, differences] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(await timed(bareLoop));
    looped.push(await timed(fitLoop));
    differences.push(looped[round] - bare[round]);
  }
  console.log(`${name}: bare ${median(bare)}, fit ${median(looped)}, the loop itself ${median(differences)}`);
}

async function timed(train) {
  const parameters = new Map(
    ['weight', 'bias'].map((name) => [name, parameter(name, tf.zeros(name === 'weight' ? [8, 1] : [1]))]),
  );
  const model = { namedParameters: () => parameters };
  const optimizer = new AdamW(decayGroups(model, 0));
  const x = randomStreams(1).stream('data').normal([batchSize, 8]);
  const loss = () =>
    tf.mean(tf.square(tf.add(tf.matMul(x, parameters.get('weight')), parameters.get('bias'))));
  const start = performance.now();
  await train({ model, optimizer, loss });
  const time = (performance.now() - start) / updates;
  optimizer.dispose();
  tf.dispose([x, ...parameters.values()]);
  return time;
}

async function bareLoop({ optimizer, loss }) {
  const variables = [...optimizer.parameters.values()];
  for (let i = 0; i < updates; i++) {
    const { value, grads } = tf.variableGrads(loss, variables);
    optimizer.step(grads);
    tf.dispose([value, grads]);
  }
}

async function fitLoop({ model, optimizer, loss }) {
  const data = { size, batch: () => null };
  await fit({
    model,
    optimizer,
    data,
    batchSize,
    epochs: 1,
    random: randomStreams(1),
    loss,
    onEvent: () => {},
  });
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1].toFixed(3);
}
