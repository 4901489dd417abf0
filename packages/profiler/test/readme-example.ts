import { loadTensorFlow } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { chromeTrace, formatTable, keyAverages, profile, recordFunction } from '../src/index.js';

await loadTensorFlow({ backend: 'tensorflow' });
const weights = tf.variable(tf.randomNormal([64, 32]));
const input = tf.randomNormal([16, 64]);

const { events } = await profile(() =>
  recordFunction('step', () =>
    tf.dispose(tf.variableGrads(() => tf.sum<tf.Scalar>(tf.matMul(input, weights)))),
  ),
);
console.log(formatTable(keyAverages(events)));
const trace = chromeTrace(events); // write it to a file and open it in chrome://tracing or Perfetto
console.log(JSON.parse(trace).traceEvents.length === events.length);
