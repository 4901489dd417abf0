import { RunFolder } from '@fin/run';
import { loadTensorFlow, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { AdamW, decayGroups, fit, layersModule, saveWeights } from '../src/index.js';

await loadTensorFlow();
const net = sequential();
net.add(layers.dense({ units: 16, activation: 'tanh', inputShape: [2] }));
net.add(layers.dense({ units: 1 }));
const model = layersModule(net);

const random = randomStreams(42);
const x = random.stream('data').uniform([200, 2], -1, 1); // [examples, 2]
const y = tf.prod(x, 1, true); // [examples, 1]: the target

const run = await RunFolder.create('runs/product', { overwrite: true });
const result = await fit({
  model,
  optimizer: new AdamW(decayGroups(model, 0.01), { learningRate: 0.02 }),
  data: { size: 200, batch: (rows) => ({ x: tf.gather(x, rows), y: tf.gather(y, rows) }) },
  batchSize: 32,
  epochs: 40,
  random,
  loss: (batch) => tf.losses.meanSquaredError(batch.y, model.forward(batch.x, { training: true })),
  maxGradNorm: 1,
  evaluate: () => ({ loss: tf.tidy(() => tf.losses.meanSquaredError(y, model.forward(x)).dataSync()[0]) }),
  earlyStopping: { patience: 5 },
  onEvent: (event) => event.type !== 'step' && run.appendMetrics(event),
});
await saveWeights(model, run.path('model.safetensors'));
await run.finish();
console.log(result.reason, result.best);
