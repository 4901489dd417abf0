// A small training run in a process of its own, for tests that kill it.
//   node worker.mjs FOLDER STEPS [LAST]     stands still after update LAST, to be killed
// Prints "ready STEP" before the first update and "done HASH" of its weights at the end.
import { createHash } from 'node:crypto';
import { loadTensorFlow, parameter, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { AdamW, decayGroups, fit, linearSchedule } from '../../dist/index.js';

const dir = process.argv[2];
const [steps, lastStep = Number.POSITIVE_INFINITY] = process.argv.slice(3).map(Number);
await loadTensorFlow();
const random = randomStreams(3);
const init = random.stream('init');
const parameters = new Map(
  [
    ['hidden.weight', [8, 64]],
    ['hidden.bias', [64]],
    ['out.weight', [64, 1]],
  ].map(([name, shape]) => [name, parameter(name, init.normal(shape, 0, 0.2))]),
);
const model = { namedParameters: () => parameters };
const x = random.stream('data').normal([64, 8]);
const y = tf.sum(tf.sin(x), 1, true); // [64, 1]
const predict = (rows) => {
  const hidden = tf.tanh(
    tf.add(tf.matMul(rows, parameters.get('hidden.weight')), parameters.get('hidden.bias')),
  );
  return tf.matMul(hidden, parameters.get('out.weight'));
};
const error = (rows, targets) => tf.mean(tf.squaredDifference(predict(rows), targets));
const controller = new AbortController();
let exitCode = 0;
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
]) {
  process.once(signal, () => {
    exitCode = code;
    controller.abort();
  });
}
const result = await fit({
  model,
  optimizer: new AdamW(decayGroups(model, 0.01), { learningRate: 0.01 }),
  data: { size: 64, batch: (rows) => ({ rows: tf.gather(x, rows), targets: tf.gather(y, rows) }) },
  batchSize: 16,
  maxSteps: steps,
  random,
  loss: ({ rows, targets }) => error(rows, targets),
  schedule: ({ totalSteps }) => linearSchedule({ warmupSteps: 5, totalSteps }),
  maxGradNorm: 1,
  evaluate: () => ({ loss: tf.tidy(() => error(x, y).dataSync()[0]) }),
  earlyStopping: { patience: Number.POSITIVE_INFINITY },
  checkpoints: { dir, every: 1, resume: true },
  signal: controller.signal,
  onEvent(event) {
    if (event.type === 'start') console.log(`ready ${event.step}`);
    if (event.type === 'step' && event.step >= lastStep)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
});
const hash = createHash('sha256');
for (const variable of parameters.values())
  hash.update(new Uint8Array((await variable.data()).slice().buffer));
for (const loss of result.epochLosses) hash.update(`${loss} `);
console.log(`${exitCode === 0 ? 'done' : 'stopped'} ${hash.digest('hex')}`);
process.exitCode = exitCode;
