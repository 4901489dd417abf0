// Measures what profiling adds to an update: processor time of short blocks in random order, each compared with the plain block of its
// round. Other load on the machine makes wall time longer, and processor time hardly.
//   again: the plain block once more, which shows the noise
//   off: ranges are named and a profiler follows the steps, but does not record
//   on, memory: it records ops, or ops and memory
// The hooks that stay in the code when nothing records are also timed alone, since they cost less than the noise.
// Usage: node bench/overhead.mjs [rounds]

import process from 'node:process';
import { beginRange, loadTensorFlow } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { profile, recordFunction, startProfiler } from '../dist/index.js';

const ROUNDS = Number(process.argv[2] ?? 100);
await loadTensorFlow({ backend: 'tensorflow' });

/** A stack of layers, whose step is a forward and a backward pass. `range` names its parts. */
function layers(rows, width, depth) {
  const x = tf.randomNormal([rows, width]);
  const weights = Array.from({ length: depth }, () => tf.variable(tf.randomNormal([width, width], 0, 0.05)));
  return (range) =>
    range('step', () =>
      tf.tidy(() => {
        tf.variableGrads(() =>
          range('forward', () => tf.sum(weights.reduce((input, w) => tf.relu(tf.matMul(input, w)), x))),
        );
      }),
    );
}

/** Steps per block, for about 20 ms. */
const works = {
  '8 layers of 8 x 8: ops of a few µs': { step: layers(8, 8, 8), steps: 12 },
  '8 layers of 256 x 384: products': { step: layers(256, 384, 8), steps: 1 },
};

const plain = (_, run) => run();
const inactive = startProfiler({ schedule: () => 'none', onTraceReady: () => {} });
const modes = {
  plain: (step) => step(plain),
  again: (step) => step(plain),
  off: (step) => {
    step(recordFunction);
    inactive.step();
  },
  on: (step) => profile(() => step(recordFunction)),
  memory: (step) => profile(() => step(recordFunction), { profileMemory: true }),
};

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** The middle 95 % of the medians of samples drawn with replacement. */
function interval(values) {
  const draw = () => median(values.map(() => values[Math.floor(Math.random() * values.length)]));
  const medians = Array.from({ length: 1000 }, draw).sort((a, b) => a - b);
  return [medians[25], medians[974]];
}

/** Processor time of this process, ms. */
const spent = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Time of one call, ns; the least of several attempts. */
function nanoseconds(call) {
  const CALLS = 1e6;
  const attempts = Array.from({ length: 7 }, () => {
    const start = performance.now();
    for (let i = 0; i < CALLS; i++) call();
    return ((performance.now() - start) / CALLS) * 1e6;
  });
  return Math.min(...attempts);
}

const percent = (ratio) => `${(100 * (ratio - 1)).toFixed(2)} %`;

for (const [name, { step, steps }] of Object.entries(works)) {
  const ratios = Object.fromEntries(Object.keys(modes).map((mode) => [mode, []]));
  const times = [];
  for (let round = -3; round < ROUNDS; round++) {
    const milliseconds = {};
    const order = Object.keys(modes).sort(() => Math.random() - 0.5);
    for (const mode of order) {
      const start = spent();
      for (let i = 0; i < steps; i++) await modes[mode](step);
      milliseconds[mode] = spent() - start;
    }
    if (round < 0) continue; // the first rounds compile
    times.push(milliseconds.plain);
    for (const mode of order) ratios[mode].push(milliseconds[mode] / milliseconds.plain);
  }
  console.log(
    `${name}: ${median(times).toFixed(1)} ms of processor time per block of ${steps}, ${ROUNDS} rounds`,
  );
  for (const mode of Object.keys(modes).slice(1)) {
    const [low, high] = interval(ratios[mode]);
    console.log(`  ${mode}: ${percent(median(ratios[mode]))} (95 %: ${percent(low)} to ${percent(high)})`);
  }
}

const range = nanoseconds(() => beginRange('forward')());
const step = nanoseconds(() => inactive.step());
const RANGES = 5; // of an update of @fin/train: data, forward, backward, optimizer twice
const update = RANGES * range + step;
console.log(
  `hooks when nothing records: ${range.toFixed(0)} ns per range, ${step.toFixed(0)} ns per step; ${update.toFixed(0)} ns per update, ` +
    `${((100 * update) / 1e6).toFixed(4)} % of an update of 1 ms`,
);
