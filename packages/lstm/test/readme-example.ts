import { loadKernels } from '@fin/kernels';
import { loadTensorFlow, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { Lstm } from '../src/index.js';

await loadTensorFlow();
await loadKernels(); // optional: faster on native TensorFlow
const streams = randomStreams(42);
const lstm = new Lstm({ inputSize: 6, hiddenSize: 32, init: streams.stream('init') });

const windows = streams.stream('data').normal([32, 10, 6]); // [batch, time, input]
const { output, hidden, cell } = lstm.forward(windows);
console.log(output.shape, hidden[0].shape, cell[0].shape); // [32, 10, 32] [32, 32] [32, 32]

const { grads } = tf.variableGrads(() => tf.mean(tf.square(lstm.forward(windows).hidden[0])));
for (const [name, variable] of lstm.namedParameters()) console.log(name, grads[variable.name].shape);

tf.dispose([windows, output, hidden, cell, grads]);
lstm.dispose();
