import { loadTensorFlow, parameter, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { gelu, layerNorm, loadKernels, packedAttention } from '../src/index.js';

await loadTensorFlow();
const { available, notes } = await loadKernels(); // compiles them the first time, then finds them in the cache
console.log(available ? 'fused' : `composed: ${notes[0]}`);

const streams = randomStreams(42);
const init = streams.stream('init');
const [gamma, beta, bias] = ['gamma', 'beta', 'bias'].map((name) => parameter(name, init.normal([16])));
const tokens = streams.stream('data').normal([8, 16]); // two sequences of 3 and 5 tokens, end to end; 16 columns
const dropout = { rate: 0.1, stream: streams.stream('dropout') };

const { value, grads } = tf.variableGrads(() => {
  const attended = packedAttention(tokens, tokens, tokens, Int32Array.of(0, 3, 8), { heads: 4, dropout });
  const normed = layerNorm(attended, gamma, beta, { residual: tokens, bias, dropout }); // LN(dropout(x + bias) + residual)
  return tf.mean(gelu(normed, bias));
});
console.log(value.shape, grads[gamma.name].shape); // [] [16]
tf.dispose([value, grads, tokens, gamma, beta, bias]);
