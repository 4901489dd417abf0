import type { AttrValue } from '@fin/runtime';
import { attr, castNative, RawOpError, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { fused } from './support/implementations.js';

/** What may come past the functions of this package: anything that TensorFlow's own check of dtypes lets through. */
const f = (...shape: number[]) => tf.zeros(shape);
const ints = (...values: number[]) => tf.tensor1d(values, 'int32');
const none = () => f(0);
const noInts = () => tf.tensor1d([], 'int32');
const T = { T: attr.type('float32') };
const drop = { rate: attr.float(0.5), keep_scale: attr.float(2) };
const norm = { ...T, epsilon: attr.float(1e-5) };
const heads = (n: number) => ({ ...T, heads: attr.int(n), scale: attr.float(1) });

const encoder = (heads: number, weights: number, vectors: number, factors = 0) => ({
  ...{ T: attr.type('float32'), X: attr.type('float32'), N: attr.int(weights), M: attr.int(vectors) },
  ...{ F: attr.int(factors), S: attr.int(0) },
  ...{ heads: attr.int(heads), scale: attr.float(1), epsilon: attr.float(1e-5) },
});
const encoderGrad = {
  ...{ T: attr.type('float32'), X: attr.type('float32'), N: attr.int(6), M: attr.int(10), F: attr.int(0) },
  ...{
    S: attr.int(1),
    G: attr.int(0),
    heads: attr.int(2),
    scale: attr.float(1),
    input_grad: attr.bool(true),
  },
};
/** No updates, no trained parameters and no dropouts. */
const plain = () => [none(), noInts(), none()];
/** Packed weights and vectors of a layer of 6 columns, and 40 inside. */
const layer = ({ weight = f(1, 32, 32), bias = f(6) } = {}) => [
  ...[weight, f(1, 32, 32), f(1, 32, 32), f(1, 32, 32), f(2, 32, 32), f(1, 64, 32)],
  ...[bias, f(6), f(6), f(6), f(40), f(6), f(6), f(6), f(6), f(6)],
];

const lists = { N: attr.int(1), M: attr.int(1) };
const adam = ({ moments = f(2, 4), settings = f(1, 5), factor = f(1), gradients = f(4) } = {}) => [
  ...[moments, settings, factor, f(2, 2), gradients],
];

const ints8 = (count: number) => castNative(tf.zeros([count], 'int32'), 'uint8');
const adam8 = ({ size = 16, settings = f(1, 7), gradients = f(4), maps = f(2, 256) } = {}) => [
  ...[ints8(size), settings, f(1), maps, f(2, 2), gradients],
];

const recurrent = { L: attr.int(1), S: attr.int(0), N: attr.int(4), save: attr.bool(false) };
const lstm = ({ x = f(2, 4, 3), hh = f(8, 2), bias = f(8) } = {}) => [x, f(8, 3), hh, f(8), bias];
const gradient = {
  L: attr.int(1),
  S: attr.int(0),
  N: attr.int(4),
  M: attr.int(2),
  input_grad: attr.bool(false),
};
const lstmGrad = ({ output = f(2, 4, 2), cell = f(2, 2), saved = f(3) } = {}) => [
  ...[output, f(2, 2), cell, saved, f(8, 3), f(8, 2)],
];

/** The same for the backward pass. */
const transposed = () => {
  const [q, k, v, o, inner, output, ...vectors] = layer();
  return [q, k, v, o, output, inner, ...vectors];
};

type Call = readonly [
  op: string,
  inputs: () => tf.Tensor[],
  attrs: Record<string, AttrValue>,
  nOutputs: number,
  message: RegExp,
];

const calls: readonly Call[] = [
  ['FinLstm', () => lstm({ x: f(2, 3) }), recurrent, 4, /x has the shape \[2, 3\]/],
  ['FinLstm', () => lstm({ x: f(2, 0, 3) }), recurrent, 4, /with at least one time step/],
  [
    'FinLstm',
    () => lstm({ x: f(2, 4, 5) }),
    recurrent,
    4,
    /weight_ih_l0 has the shape \[8, 3\] where \[8, 5\]/,
  ],
  ['FinLstm', () => lstm({ hh: f(8) }), recurrent, 4, /weight_hh_l0 has the shape \[8\]/],
  ['FinLstm', () => lstm({ bias: f(7) }), recurrent, 4, /bias_hh_l0 has the shape \[7\]/],
  [
    'FinLstm',
    () => lstm().slice(0, 3),
    { ...recurrent, N: attr.int(2) },
    4,
    /there are 2 weights for 1 layers/,
  ],
  ['FinLstmGrad', () => lstmGrad(), gradient, 5, /saved has the shape \[3\]/],
  [
    'FinLstmGrad',
    () => lstmGrad({ output: f(2, 8) }),
    gradient,
    5,
    /gradient of the output has the shape \[2, 8\]/,
  ],
  [
    'FinLstmGrad',
    () => lstmGrad({ saved: f(1024), cell: f(2) }),
    gradient,
    5,
    /gradient of c_0 has the shape \[2\]/,
  ],
  [
    'FinEmbeddings',
    () => [f(5, 2), f(5, 3), ints(1), ints(1), f(2), f(2)],
    { ...norm, N: attr.int(2) },
    4,
    /table 1 has 3 columns, and table 0 has 2/,
  ],
  [
    'FinEmbeddings',
    () => [f(5), ints(1), f(2), f(2)],
    { ...norm, N: attr.int(1) },
    4,
    /table 0 has the shape \[5\] where \[entries, columns\]/,
  ],
  [
    'FinEmbeddings',
    () => [f(5, 2), f(4, 2), ints(1, 2), ints(1), f(2), f(2)],
    { ...norm, N: attr.int(2) },
    4,
    /table 1 has 1 ids, and table 0 has 2/,
  ],
  [
    'FinEmbeddings',
    () => [f(5, 2), ints(1, 5), f(2), f(2)],
    { ...norm, N: attr.int(1) },
    4,
    /id 5 is not in table 0, which has 5 entries/,
  ],
  [
    'FinEmbeddings',
    () => [f(5, 2), ints(-1), f(2), f(2)],
    { ...norm, N: attr.int(1) },
    4,
    /id -1 is not in table 0/,
  ],
  [
    'FinEmbeddings',
    () => [f(5, 2), ints(1), f(3), f(2)],
    { ...norm, N: attr.int(1) },
    4,
    /gamma has the shape \[3\]/,
  ],
  [
    'FinAdamWMoments',
    () => [f(3), f(2)],
    { N: attr.int(1) },
    1,
    /a mean of squares has the shape \[2\], but its mean has \[3\]/,
  ],
  ['FinAdamW', () => adam(), lists, 1, /moments is not a result of FinAdamWMoments/],
  ['FinAdamW', () => adam({ moments: f(2, 3) }), lists, 1, /moments has the shape \[2, 3\] where \[2, 4\]/],
  ['FinAdamW', () => adam({ settings: f(4) }), lists, 1, /settings has the shape \[4\] where \[1, 5\]/],
  ['FinAdamW', () => adam({ factor: f(0) }), lists, 1, /factor of the gradients has the shape \[0\]/],
  ['FinAdamW', () => adam({ gradients: f(3) }), lists, 1, /4 weights, but gradients of 3/],
  [
    'FinAdamW8bitState',
    () => [ints(4), ints8(3), f(1), ints8(4), f(1)],
    { N: attr.int(1) },
    1,
    /a tensor of codes has the shape \[3\] where \[4\]/,
  ],
  [
    'FinAdamW8bitState',
    () => [ints(4), ints8(4), f(1), ints8(4), f(2)],
    { N: attr.int(1) },
    1,
    /a tensor of scales has the shape \[2\] where \[1\]/,
  ],
  [
    'FinAdamW8bitState',
    () => [ints(-4), ints8(0), f(0), ints8(0), f(0)],
    { N: attr.int(1) },
    1,
    /a size is -4/,
  ],
  [
    'FinAdamW8bitMoments',
    () => [ints8(7), ints(4)],
    { N: attr.int(1) },
    4,
    /state has the shape \[7\] where \[16\]/,
  ],
  ['FinAdamW8bit', () => adam8(), lists, 1, /state is not a result of FinAdamW8bitState/],
  ['FinAdamW8bit', () => adam8({ size: 24 }), lists, 1, /state has the shape \[24\] where \[16\]/],
  ['FinAdamW8bit', () => adam8({ settings: f(1, 5) }), lists, 1, /settings has the shape \[1, 5\]/],
  ['FinAdamW8bit', () => adam8({ maps: f(2, 16) }), lists, 1, /maps has the shape \[2, 16\]/],
  ['FinAdamW8bit', () => adam8({ gradients: f(5) }), lists, 1, /4 weights, but gradients of 5/],
  ['FinGelu', () => [f(2, 3), f(4)], T, 1, /bias has the shape \[4\] where \[3\] is needed/],
  ['FinGelu', () => [f(2, 3), f(1, 3)], T, 1, /bias has the shape \[1, 3\]/],
  ['FinGelu', () => [f(2, 3), noInts()], T, 1, /int32/],
  ['FinGeluGrad', () => [f(3, 2), f(2, 3), none()], T, 2, /dy has the shape \[3, 2\], but x has \[2, 3\]/],
  ['FinGeluGrad', () => [f(6), f(2, 3), none()], T, 2, /dy has the shape \[6\]/],
  ['FinLayerNorm', () => [f(6), none(), none(), f(6), f(6), noInts()], norm, 3, /x has the shape \[6\]/],
  [
    'FinLayerNorm',
    () => [f(2, 3), none(), none(), f(2), f(3), noInts()],
    norm,
    3,
    /gamma has the shape \[2\]/,
  ],
  [
    'FinLayerNorm',
    () => [f(2, 3), none(), none(), f(3), f(9), noInts()],
    norm,
    3,
    /beta has the shape \[9\]/,
  ],
  ['FinLayerNorm', () => [f(2, 3), f(2), none(), f(3), f(3), noInts()], norm, 3, /bias has the shape \[2\]/],
  [
    'FinLayerNorm',
    () => [f(2, 3), none(), f(3, 2), f(3), f(3), noInts()],
    norm,
    3,
    /residual has the shape \[3, 2\]/,
  ],
  [
    'FinLayerNorm',
    () => [f(2, 3), none(), none(), f(3), f(3), noInts()],
    { ...norm, ...drop },
    3,
    /seed has the shape \[0\]/,
  ],
  [
    'FinLayerNorm',
    () => [f(2, 3), none(), none(), f(3), f(3), tf.zeros([2, 2], 'int32')],
    { ...norm, ...drop, rate: attr.float(1.5) },
    3,
    /rate is not in \[0, 1\)/,
  ],
  [
    'FinLayerNormGrad',
    () => [f(2, 3), f(2, 3), none(), none(), f(3), f(1), f(2), noInts()],
    T,
    5,
    /mean has the shape \[1\] where \[2\] is needed/,
  ],
  [
    'FinLayerNormGrad',
    () => [f(2, 4), f(2, 3), none(), none(), f(3), f(2), f(2), noInts()],
    T,
    5,
    /dy has the shape \[2, 4\]/,
  ],
  [
    'FinDropout',
    () => [f(2, 3), ints(1, 2, 3, 4)],
    { ...T, ...drop },
    1,
    /seed has the shape \[4\] where \[2, 2\]/,
  ],
  [
    'FinPackedAttention',
    () => [f(5, 6), f(5, 6), f(4, 6), ints(0, 5), noInts()],
    heads(2),
    2,
    /v has the shape \[4, 6\]/,
  ],
  [
    'FinPackedAttention',
    () => [f(30), f(30), f(30), ints(0, 5), noInts()],
    heads(2),
    2,
    /q has the shape \[30\]/,
  ],
  [
    'FinPackedAttention',
    () => [f(5, 6), f(5, 6), f(5, 6), ints(0, 5), noInts()],
    heads(4),
    2,
    /6 columns.*4 heads/,
  ],
  ['FinPackedAttention', () => [f(5, 6), f(5, 6), f(5, 6), ints(0, 5), noInts()], heads(0), 2, /0 heads/],
  ['FinPackedAttention', () => [f(5, 6), f(5, 6), f(5, 6), ints(0, 5), noInts()], heads(-1), 2, /-1 heads/],
  [
    'FinPackedAttention',
    () => [f(5, 6), f(5, 6), f(5, 6), noInts(), noInts()],
    heads(2),
    2,
    /offsets has the shape \[0\]/,
  ],
  [
    'FinPackedAttention',
    () => [f(5, 6), f(5, 6), f(5, 6), ints(1, 5), noInts()],
    heads(2),
    2,
    /begin with 0, not 1/,
  ],
  [
    'FinPackedAttention',
    () => [f(5, 6), f(5, 6), f(5, 6), ints(0, 6), noInts()],
    heads(2),
    2,
    /end with 6.*5 tokens/,
  ],
  [
    'FinPackedAttention',
    () => [f(5, 6), f(5, 6), f(5, 6), ints(0, 99, 5), noInts()],
    heads(2),
    2,
    /must not decrease: 5 follows 99/,
  ],
  [
    'FinPackedAttention',
    () => [f(5, 6), f(5, 6), f(5, 6), ints(0, -9, 5), noInts()],
    heads(2),
    2,
    /must not decrease: -9 follows 0/,
  ],
  [
    'FinPackedAttentionGrad',
    () => [f(5, 6), f(5, 6), f(5, 6), f(5, 6), ints(0, 5), f(2, 5), noInts()],
    heads(2),
    3,
    /lse has the shape \[2, 5\] where \[heads, tokens, 1\]/,
  ],
  [
    'FinPackedAttentionGrad',
    () => [f(5, 5), f(5, 6), f(5, 6), f(5, 6), ints(0, 5), f(2, 5, 1), noInts()],
    heads(2),
    3,
    /dout has the shape \[5, 5\]/,
  ],
  [
    'FinEncoder',
    () => [f(5), ints(0, 5), ...plain(), noInts()],
    encoder(2, 0, 0),
    4,
    /x has the shape \[5\]/,
  ],
  [
    'FinEncoder',
    () => [f(5, 6), ints(0, 5), ...plain(), noInts()],
    encoder(4, 0, 0),
    4,
    /6 columns cannot be divided among 4 heads/,
  ],
  [
    'FinEncoder',
    () => [f(5, 6), ints(0, 9, 5), ...plain(), noInts()],
    encoder(2, 0, 0),
    4,
    /must not decrease: 5 follows 9/,
  ],
  [
    'FinEncoder',
    () => [f(5, 6), ints(0, 4), ...plain(), noInts()],
    encoder(2, 0, 0),
    4,
    /end with 4.*5 tokens/,
  ],
  [
    'FinEncoder',
    () => [f(5, 6), ints(0, 5), f(1, 32, 32), ...plain(), noInts()],
    encoder(2, 1, 0),
    4,
    /there are 1 weights and 0 vectors where 6 and 10 for each layer are needed/,
  ],
  [
    'FinEncoder',
    () => [f(5, 6), ints(0, 5), ...layer({ weight: f(1, 32, 16) }), ...plain(), noInts()],
    encoder(2, 6, 10),
    4,
    /query of layer 0 has the shape \[1, 32, 16\], which is not that of a packed weight of the shape \[6, 6\]/,
  ],
  [
    'FinEncoder',
    () => [f(5, 6), ints(0, 5), ...layer({ bias: f(5) }), ...plain(), noInts()],
    encoder(2, 6, 10),
    4,
    /bias of query of layer 0 has the shape \[5\] where \[6\] is needed/,
  ],
  [
    'FinEncoder',
    () => [
      f(5, 6),
      ints(0, 5),
      ...layer(),
      f(2, 6),
      f(6, 3),
      tf.tensor2d([[1, 2]]),
      noInts(),
      none(),
      noInts(),
    ],
    encoder(2, 6, 10, 2),
    4,
    /factors of key of layer 0 have the shapes \[2, 6\] and \[6, 3\] where \[r, 6\] and \[6, r\] are needed/,
  ],
  [
    'FinEncoder',
    () => [
      f(5, 6),
      ints(0, 5),
      ...layer(),
      f(2, 6),
      f(6, 2),
      tf.tensor2d([[6, 2]]),
      noInts(),
      none(),
      noInts(),
    ],
    encoder(2, 6, 10, 2),
    4,
    /there is no linear layer number 6/,
  ],
  [
    'FinEncoder',
    () => [f(5, 6), ints(0, 5), ...layer(), none(), noInts(), tf.fill([9, 2], 0.5), noInts()],
    encoder(2, 6, 10),
    4,
    /there are fewer seeds than dropouts/,
  ],
  [
    'FinEncoder',
    () => [f(5, 6), ints(0, 5), ...layer(), none(), noInts(), f(8, 2), noInts()],
    encoder(2, 6, 10),
    4,
    /the dropouts have the shape \[8, 2\]/,
  ],
  [
    'FinEncoder',
    () => [f(5, 6), ints(0, 5), ...layer(), none(), ints(3, 16), none(), noInts()],
    encoder(2, 6, 10),
    4,
    /trained parameters are not increasing numbers below 16: 16 follows 3/,
  ],
  [
    'FinEncoder',
    () => [f(5, 6), ints(0, 5), ...layer(), none(), ints(3, 3), none(), noInts()],
    encoder(2, 6, 10),
    4,
    /trained parameters are not increasing numbers below 16: 3 follows 3/,
  ],
  [
    'FinEncoderGrad',
    () => [
      ...[f(5, 6), f(5, 6), ints(0, 5), ...transposed(), none(), ints(3), none()],
      ...[f(9, 9), f(20), noInts(), ints(1)],
    ],
    encoderGrad,
    1,
    /there are 1 trained parameters, and 0 gradients of them/,
  ],
  [
    'FinEncoderGrad',
    () => [f(5, 6), f(5, 6), ints(0, 5), ...transposed(), ...plain(), f(9, 9), f(20), noInts(), ints(1)],
    encoderGrad,
    1,
    /what the forward pass saved does not match/,
  ],
  [
    'FinEncoderGrad',
    () => [f(5, 6), f(5, 6), ints(0, 5), ...transposed(), ...plain(), f(9, 9), f(20), noInts(), ints(2)],
    encoderGrad,
    1,
    /the groups are not those of the forward pass/,
  ],
  [
    'FinPackWeights',
    () => [f(2, 3), f(6)],
    { T: attr.type('float32'), W: attr.type('float32'), N: attr.int(2) },
    2,
    /a weight has the shape \[6\] where \[out, in\] is needed/,
  ],
  ['FinMatMul', () => [f(6), f(6)], T, 1, /shapes \[6\] and \[6\] where two of one rank, 2 or more/],
  ['FinMatMul', () => [f(2, 3), f(1, 3, 4)], T, 1, /shapes \[2, 3\] and \[1, 3, 4\] where two of one rank/],
  ['FinMatMul', () => [f(2, 3), f(4, 3)], T, 1, /\[2, 3\] and \[4, 3\] do not fit/],
  ['FinMatMul', () => [f(5, 2, 3), f(1, 3, 4)], T, 1, /\[5, 2, 3\] and \[1, 3, 4\] do not fit/],
];

describe.runIf(fused)('an op called by itself', () => {
  it.each(calls)('refuses what does not fit: %s', (op, inputs, attrs, nOutputs, message) => {
    tf.tidy(() => {
      const run = () => rawOp(op, inputs(), attrs, nOutputs);
      expect(run).toThrow(RawOpError);
      expect(run).toThrow(message);
    });
  });

  it('takes a saved tensor that is nonsense without reading outside', () => {
    tf.tidy(() => {
      const q = f(5, 6);
      const lse = tf.fill([2, 5, 1], Number.NaN);
      const inputs = [q, q, q, q, ints(0, 5), lse, noInts()];
      expect(rawOp('FinPackedAttentionGrad', inputs, heads(2), 3)[0].dataSync()[0]).toBeNaN();
    });
  });
});
