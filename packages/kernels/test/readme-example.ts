import { loadTensorFlow, randomStreams } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { gelu, layerNorm, loadKernels, packedAttention } from '../src/index.js';

await loadTensorFlow();
const { available, notes } = await loadKernels(); // compiles them the first time, then finds them in the cache
console.log(available ? 'fused' : `composed: ${notes[0]}`);

const streams = randomStreams(42);
const data = streams.stream('data');

// Two sequences of 3 and 5 tokens, end to end; 16 columns.
const x = data.normal([8, 16]) as tf.Tensor2D;
const [gamma, beta, bias] = [tf.ones([16]), tf.zeros([16]), data.normal([16])] as tf.Tensor1D[];
const dropout = { rate: 0.1, stream: streams.stream('dropout') };

const block = (input: tf.Tensor) => {
  const tokens = input as tf.Tensor2D;
  const attended = packedAttention(tokens, tokens, tokens, Int32Array.of(0, 3, 8), { heads: 4, dropout });
  const normed = layerNorm(attended, gamma, beta, { residual: tokens, bias, dropout }); // LN(dropout(x + bias) + residual)
  return gelu(normed, bias);
};

const { value, grad } = tf.valueAndGrad(block)(x, tf.onesLike(x));
console.log(value.shape, grad.shape); // [8, 16] [8, 16]
tf.dispose([value, grad, x, gamma, beta, bias]);
