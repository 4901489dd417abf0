import { loadTensorFlow, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { Lstm } from '../src/index.js';

await loadTensorFlow();
const random = randomStreams(42);
const lstm = new Lstm({ inputSize: 6, hiddenSize: 32, init: random.stream('init') });
const windows = random.stream('data').normal([32, 10, 6]); // [batch, time, input]
const { output, hidden, cell } = lstm.forward(windows);
console.log(output.shape, hidden[0].shape, cell[0].shape); // [32, 10, 32] [32, 32] [32, 32]

const { grads } = tf.variableGrads(() => tf.mean(tf.square(lstm.forward(windows).hidden[0])));
for (const [name, variable] of lstm.namedParameters()) console.log(name, grads[variable.name].shape);
