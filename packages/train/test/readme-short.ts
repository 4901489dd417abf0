import { loadTensorFlow, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { AdamW, decayGroups, fit, layersModule } from '../src/index.js';

await loadTensorFlow();
const random = randomStreams(42);
const x = random.stream('data').uniform([200, 2], -1, 1); // [examples, 2]
const y = tf.sum(x, 1, true); // [examples, 1]: the target
const model = layersModule(sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] }));
const { reason, steps } = await fit({
  model,
  optimizer: new AdamW(decayGroups(model, 0.01), { learningRate: 0.05 }),
  data: { size: 200, batch: (rows) => ({ x: tf.gather(x, rows), y: tf.gather(y, rows) }) },
  loss: (batch) => tf.losses.meanSquaredError(batch.y, model.forward(batch.x)),
  batchSize: 32,
  epochs: 10,
  random,
  checkpoints: { dir: 'checkpoints', resume: true }, // run it again after a kill, and it goes on
});
console.log(reason, steps);
