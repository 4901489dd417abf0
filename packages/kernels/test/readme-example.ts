import { loadTensorFlow, parameter, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { layerNorm, loadKernels, packedAttention } from '../src/index.js';

await loadTensorFlow();
const { available, notes } = await loadKernels(); // compiles them the first time, then finds them in the cache
console.log(available ? 'fused' : `composed: ${notes[0]}`);

const random = randomStreams(42);
const [gamma, beta] = ['gamma', 'beta'].map((name) => parameter(name, random.stream(name).normal([16])));
const tokens = random.stream('data').normal([8, 16]); // two sequences of 3 and 5 tokens, end to end; 16 columns
const { value, grads } = tf.variableGrads(() => {
  const attended = packedAttention(tokens, tokens, tokens, Int32Array.of(0, 3, 8), { heads: 4 });
  return tf.mean(layerNorm(attended, gamma, beta, { residual: tokens })); // the norm of attended + tokens
});
console.log(value.shape, grads[gamma.name].shape); // [] [16]
