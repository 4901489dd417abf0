import { loadTensorFlow } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { chromeTrace, formatTable, opAverages, profile, recordFunction } from '../src/index.js';

await loadTensorFlow({ backend: 'tensorflow' });
const weights = tf.variable(tf.randomNormal([64, 32]));
const input = tf.randomNormal([16, 64]);

const taken = await profile(() =>
  recordFunction('step', () => tf.dispose(tf.variableGrads(() => tf.sum(tf.matMul(input, weights))))),
);
console.log(formatTable(opAverages(taken)));
const trace = chromeTrace(taken); // write it to a file and open it in chrome://tracing or Perfetto
console.log(JSON.parse(trace).traceEvents.length === taken.events.length);
