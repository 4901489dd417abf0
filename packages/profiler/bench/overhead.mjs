// Measures the cost of profiling an op, interleaved: never imported by a profile, off, on, and with memory.
// Usage: node bench/overhead.mjs [rounds]
import { loadTensorFlow } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { profile } from '../dist/index.js';

const ROUNDS = Number(process.argv[2] ?? 15);
const OPS = 3000;
await loadTensorFlow({ backend: 'tensorflow' });

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const work = {
  'small ops (4 numbers)': () =>
    tf.tidy(() => {
      const x = tf.ones([4]);
      for (let i = 0; i < OPS; i++) tf.square(x).dispose();
    }),
  'products of 256 x 384 x 384': () =>
    tf.tidy(() => {
      const [a, b] = [tf.ones([256, 384]), tf.ones([384, 384])];
      for (let i = 0; i < 200; i++) tf.matMul(a, b).dispose();
    }),
};
const timed = async (run) => {
  const start = performance.now();
  await run();
  return performance.now() - start;
};
for (const [name, run] of Object.entries(work)) {
  const times = { off: [], on: [], memory: [], 'off again': [] };
  run();
  for (let round = 0; round < ROUNDS; round++) {
    times.off.push(await timed(run));
    times.on.push(await timed(() => profile(run)));
    times.memory.push(await timed(() => profile(run, { profileMemory: true })));
    times['off again'].push(await timed(run));
  }
  const off = median(times.off);
  for (const [mode, values] of Object.entries(times)) {
    const ms = median(values);
    console.log(`${name}: ${mode} ${ms.toFixed(1)} ms, ${((100 * ms) / off - 100).toFixed(1)} % over off`);
  }
}
