// Trains small models as one of several ranks, or alone, and prints the results. Argument: the settings of each training, as JSON.
import { initProcessGroup } from '@fin/parallel';
import { dropout, loadTensorFlow, parameter, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { AdamW, decayGroups, fit, linearSchedule } from '../../dist/index.js';

const SIZE = 22;
const inputs = Array.from({ length: SIZE }, (_, i) => [Math.sin(i), Math.cos(3 * i), Math.sin(5 * i)]);
const targets = inputs.map(([a, b, c]) => 2 * a - 3 * b + c * c + 1);

const group = await initProcessGroup();
await loadTensorFlow();

/** A gradient scaler of constant scale, as far as the loop needs one. */
const scaler = (scale) => ({
  enabled: true,
  scale: (loss) => tf.mul(loss, scale),
  unscale: (_, gradients) => gradients.map((gradient) => tf.div(gradient, scale)),
  step: (_, gradients, apply) => {
    apply(gradients);
    return true;
  },
  update() {},
  getScale: () => scale,
  stateDict: () => ({ scale }),
  loadStateDict() {},
});

async function train({
  weighted,
  accumulate = 2,
  scale,
  dir,
  resume,
  stopAfter,
  killAfter,
  killed,
  averageDecay,
}) {
  const first = parameter('first', randomStreams(1).stream('init').normal([3, 4]));
  const second = parameter('second', randomStreams(2).stream('init').normal([4, 1]));
  const model = { namedParameters: () => new Map(Object.entries({ first, second })) };
  const optimizer = new AdamW(decayGroups(model, 0.01), { learningRate: 0.03 });
  const stopping = new AbortController();
  const forward = (x, drop) => tf.reshape(tf.matMul(drop(tf.tanh(tf.matMul(x, first))), second), [-1]);
  const norms = [];
  try {
    const result = await fit({
      ...{ model, optimizer, group, batchSize: 5, epochs: 4, averageDecay },
      gradientAccumulationSteps: accumulate,
      data: {
        size: SIZE,
        batch: (indices, { whole, first }) => ({
          x: tf.tensor2d([...indices].map((i) => inputs[i])),
          y: tf.tensor1d([...indices].map((i) => targets[i])),
          weights: [...indices].map((i) => 1 + (i % 3)),
          rows: { numbers: Int32Array.from(indices, (_, i) => first + i), of: whole.length },
        }),
      },
      random: randomStreams(7),
      schedule: ({ totalSteps }) => linearSchedule({ totalSteps, warmupSteps: 2 }),
      maxGradNorm: 0.5,
      gradientScaler: scale && scaler(scale),
      loss: ({ x, y, weights, rows }, { dropout: stream }) => {
        const errors = tf.squaredDifference(
          forward(x, (h) => dropout(h, 0.3, stream, rows)),
          y,
        );
        if (!weighted) return tf.mean(errors);
        const weight = weights.reduce((sum, one) => sum + one, 0);
        return { loss: tf.div(tf.sum(tf.mul(errors, weights)), weight), weight };
      },
      evaluate: () =>
        tf.tidy(() => ({
          loss: tf
            .mean(
              tf.squaredDifference(
                forward(tf.tensor2d(inputs), (h) => h),
                targets,
              ),
            )
            .dataSync()[0],
        })),
      earlyStopping: { patience: 3 },
      logEvery: 2,
      checkpoints: dir && { dir, resume, every: killAfter === undefined ? 3 : 1 },
      signal: stopping.signal,
      onEvent: (event) => {
        if (event.type === 'log') norms.push(event.gradNorm);
        if (event.type !== 'step') return;
        if (event.step === stopAfter && group.rank === group.worldSize - 1) stopping.abort();
        if (event.step === killAfter && group.rank === killed)
          setTimeout(() => process.kill(process.pid, 'SIGKILL'), 20 * Math.random());
      },
    });
    const weights = [...first.dataSync(), ...second.dataSync()];
    return { ...result, norms, weights };
  } finally {
    optimizer.dispose();
    tf.dispose([first, second]);
  }
}

process.on('SIGTERM', () => {}); // mpirun sends it when a rank is killed
try {
  const results = [];
  for (const settings of JSON.parse(process.argv[2])) results.push(await train(settings));
  await group.close();
  if (group.rank === 0) process.stdout.write(`${JSON.stringify(results)}\n`);
} catch (error) {
  process.stderr.write(`${JSON.stringify({ rank: group.rank, name: error.name, message: error.message })}\n`);
  await group.fail(error);
  process.exit(1);
}
