import * as tf from '@tensorflow/tfjs-core';

const LABELS = [0, 2, 1, 2, 0, 1];

function product(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.matMul(a, b);
}

function gelu(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5));
}

function layerNorm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-12))), weight), bias);
}

function lstmCell([x, h, c, w, u, b]: tf.Tensor[]): tf.Tensor {
  const gates = tf.add(tf.add(tf.matMul(x, w), tf.matMul(h, u)), b);
  const [i, f, g, o] = tf.split(gates, 4, 1);
  const cell = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
  return tf.mul(tf.sigmoid(o), tf.tanh(cell));
}

/** The functions of `tooling/oracle/amp-autocast.py` in tfjs, by the same names. */
export const ORACLE_OPS: Readonly<Record<string, (inputs: tf.Tensor[]) => tf.Tensor>> = {
  matMul: ([a, b]) => tf.matMul(a, b),
  'matMul, transposed': ([a, b]) => tf.matMul(a, b, true, true),
  'batched matMul': ([a, b]) => tf.matMul(a, b),
  linear: ([x, w, b]) => tf.add(tf.matMul(x, w, false, true), b),
  einsum: ([a, b]) => tf.einsum('bij,bkj->bik', a, b),
  conv2d: ([x, w]) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
  'conv2d, transposed': ([x, w]) =>
    tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, [1, 6, 6, 2], 2, 'valid'),
  'depthwise conv2d': ([x, w]) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
  'softmax of a product': ([a, b]) => tf.softmax(product(a, b)),
  'logSoftmax of a product': ([a, b]) => tf.logSoftmax(product(a, b)),
  'cross entropy of a product': ([a, b]) => {
    const labels = tf.oneHot(tf.tensor1d(LABELS, 'int32'), 3);
    return tf.reshape(tf.losses.softmaxCrossEntropy(labels, product(a, b)), [1]);
  },
  'mean squared error of a product': ([a, b, y]) =>
    tf.reshape(tf.losses.meanSquaredError(y, product(a, b)), [1]),
  'gelu of a product': ([a, b]) => gelu(product(a, b)),
  'relu of a product': ([a, b]) => tf.relu(product(a, b)),
  'tanh of a product': ([a, b]) => tf.tanh(tf.div(product(a, b), 4)),
  'sigmoid of a product': ([a, b]) => tf.sigmoid(product(a, b)),
  'exp of a product': ([a, b]) => tf.exp(tf.div(product(a, b), 4)),
  'log of a product': ([a, b]) => tf.log(tf.add(tf.abs(product(a, b)), 1)),
  'rsqrt of a product': ([a, b]) => tf.rsqrt(tf.add(tf.abs(product(a, b)), 1)),
  'power of a product': ([a, b]) => tf.pow(tf.add(tf.abs(product(a, b)), 1), 1.5),
  'sum of a product': ([a, b]) => tf.sum(product(a, b), -1),
  'mean of a product': ([a, b]) => tf.mean(product(a, b), -1),
  'norm of a product': ([a, b]) => tf.norm(product(a, b), 'euclidean', -1),
  'maximum of a product': ([a, b]) => tf.max(product(a, b), -1),
  'layer norm of a product': ([a, b, g, c]) => layerNorm(product(a, b), g, c),
  'product scaled by a number': ([a, b]) => tf.add(tf.mul(product(a, b), 0.3), 1),
  'product plus float32': ([a, b, c]) => tf.add(product(a, b), c),
  'product times product': ([a, b, c]) => tf.mul(product(a, b), product(a, c)),
  'product beside float32': ([a, b, c]) => tf.concat([product(a, b), c], 0),
  'rows of a product': ([a, b]) => tf.gather(product(a, b), tf.tensor1d([4, 0, 4], 'int32')),
  'float32 alone': ([a, c]) => tf.sum(tf.exp(tf.add(tf.mul(a, 0.1), c)), -1),
  attention: ([q, k, v]) => {
    const scores = tf.div(tf.matMul(q, k, false, true), Math.sqrt(q.shape[3] as number));
    return tf.matMul(tf.softmax(scores), v);
  },
  'feed forward': ([x, w1, b1, w2, b2, gamma, beta]) => {
    const inner = gelu(tf.add(tf.matMul(x, w1), b1));
    return layerNorm(tf.add(x, tf.add(tf.matMul(inner, w2), b2)), gamma, beta);
  },
  'LSTM cell': lstmCell,
};
