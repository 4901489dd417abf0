// A rank, or a process on its own: fits a line with a gradient scaler whose scale is so high that some gradients overflow, and prints the
// scale after each update and the weights.
import { GradScaler } from '@fin/amp';
import { initProcessGroup } from '@fin/parallel';
import { loadTensorFlow, parameter, randomStreams } from '@fin/runtime';
import { AdamW, decayGroups, fit } from '@fin/train';
import * as tf from '@tensorflow/tfjs-core';

/** Makes gradients large where the loss is small. */
const FACTOR = 2 ** 20;
const SIZE = 20;
// The last example has large gradients, so in most updates those of one rank alone overflow.
const inputs = Array.from({ length: SIZE }, (_, i) => [Math.sin(i), i === SIZE - 1 ? 30 : Math.cos(3 * i)]);

const group = await initProcessGroup();
await loadTensorFlow();
const weights = parameter('weights', tf.tensor2d([1 / FACTOR, -1 / FACTOR], [2, 1]));
const model = { namedParameters: () => new Map([['weights', weights]]) };
const updates = [];
await fit({
  ...{ model, group, batchSize: 5, epochs: 5, random: randomStreams(7), maxGradNorm: 1, logEvery: 1 },
  optimizer: new AdamW(decayGroups(model, 0.01), { learningRate: 0.1 / FACTOR }),
  gradientScaler: new GradScaler({ initScale: 2 ** 108, growthInterval: 3 }),
  data: {
    size: SIZE,
    batch: (indices) => ({
      x: tf.tensor2d([...indices].map((i) => inputs[i])),
      y: tf.tensor2d([...indices].map((i) => [inputs[i][0] + 0.1])),
    }),
  },
  loss: ({ x, y }) => tf.mean(tf.squaredDifference(tf.matMul(x, tf.mul(weights, FACTOR)), y)),
  onEvent: (event) => {
    if (event.type === 'log') updates.push([event.lossScale, event.skippedUpdates]);
  },
});
const fitted = [...weights.dataSync()].map((value) => value * FACTOR);
await group.close();
if (group.rank === 0) process.stdout.write(`${JSON.stringify({ updates, fitted })}\n`);
