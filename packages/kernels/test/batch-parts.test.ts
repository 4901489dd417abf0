import { randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { BatchPart, EncoderLayer, LinearParameters } from '../src/index.js';
import { planAttention } from '../src/index.js';
import { implementations } from './support/implementations.js';
import { normal } from './support/tensors.js';

const HIDDEN = 8;
const stream = () => randomStreams(5).stream('dropout').at(7);

/** Rows of a larger draw. */
const rows = (numbers: readonly number[], of: number) => ({ numbers: Int32Array.from(numbers), of });

const range = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i);

const offsetsOf = (lengths: readonly number[]) =>
  Int32Array.from(
    [0, ...lengths].map((_, k) => lengths.slice(0, k).reduce((sum, length) => sum + length, 0)),
  );

const variable = (name: string, shape: number[]) => tf.variable(normal(name, shape), true);

function layer(name: string): EncoderLayer {
  const linear = (part: string, out: number, size: number): LinearParameters => ({
    weight: variable(`${name}.${part}`, [out, size]) as tf.Variable<tf.Rank.R2>,
    bias: variable(`${name}.${part}.bias`, [out]) as tf.Variable<tf.Rank.R1>,
    update: {
      a: variable(`${name}.${part}.a`, [2, size]) as tf.Variable<tf.Rank.R2>,
      b: variable(`${name}.${part}.b`, [out, 2]) as tf.Variable<tf.Rank.R2>,
      scaling: 0.5,
      dropoutRate: 0.3,
    },
  });
  const norm = () => ({
    weight: tf.variable(tf.ones([HIDDEN])) as tf.Variable<tf.Rank.R1>,
    bias: tf.variable(tf.zeros([HIDDEN])) as tf.Variable<tf.Rank.R1>,
  });
  return {
    ...{ query: linear('q', HIDDEN, HIDDEN), key: linear('k', HIDDEN, HIDDEN) },
    ...{ value: linear('v', HIDDEN, HIDDEN), attentionOutput: linear('o', HIDDEN, HIDDEN) },
    ...{ intermediate: linear('i', 16, HIDDEN), output: linear('c', HIDDEN, 16) },
    ...{ attentionNorm: norm(), outputNorm: norm() },
  };
}

describe.each(implementations)('a part of a batch gets the masks of the whole batch, %s', (_, ops) => {
  it('in dropout and layerNorm, forward and backward', () => {
    tf.tidy(() => {
      const x = normal('x', [23, 7]) as tf.Tensor2D;
      const numbers = [4, 5, 6, 20, 0];
      const [gamma, beta] = [normal('gamma', [7]), normal('beta', [7])] as tf.Tensor1D[];
      for (const run of [
        (x: tf.Tensor, part?: ReturnType<typeof rows>) =>
          ops.dropout(x, { rate: 0.4, stream: stream(), rows: part }),
        (x: tf.Tensor, part?: ReturnType<typeof rows>) =>
          ops.layerNorm(x as tf.Tensor2D, gamma, beta, {
            residual: tf.mul(x, 0.5) as tf.Tensor2D,
            dropout: { rate: 0.4, stream: stream(), rows: part },
          }),
      ]) {
        const dy = normal('dy', [23, 7]);
        const pick = (tensor: tf.Tensor) => tf.gather(tensor, tf.tensor1d(numbers, 'int32'));
        const whole = tf.valueAndGrad((x: tf.Tensor) => run(x))(x, dy);
        const part = tf.valueAndGrad((x: tf.Tensor) => run(x, rows(numbers, 23)))(pick(x), pick(dy));
        allClose(part.value.dataSync(), pick(whole.value).dataSync());
        allClose(part.grad.dataSync(), pick(whole.grad).dataSync());
      }
    });
  });

  it('in attention and the layers of an encoder, in which its sequences lie apart', () => {
    tf.tidy(() => {
      // Of six sequences, shortest first, the part has the second, the third and the fifth, and not the longest.
      const lengths = [2, 3, 3, 4, 5, 17];
      const own = [1, 2, 4];
      const offsets = offsetsOf(lengths);
      const tokens = own.flatMap((k) => range(offsets[k], offsets[k + 1]));
      const part: BatchPart = {
        tokens: rows(tokens, offsets[lengths.length]),
        sequences: rows(own, lengths.length),
        longest: 17,
      };
      const shape = { heads: 2, hidden: HIDDEN };
      const wholePlan = planAttention(offsets, shape);
      const partPlan = planAttention(offsetsOf(own.map((k) => lengths[k])), shape, part);
      const pick = (tensor: tf.Tensor) => tf.gather(tensor, tf.tensor1d(tokens, 'int32')) as tf.Tensor2D;
      const inputs = ['q', 'k', 'v'].map((name) => normal(name, [offsets[6], HIDDEN]) as tf.Tensor2D);
      const attend = ([q, k, v]: tf.Tensor2D[], plan: typeof wholePlan) =>
        ops.packedAttention(q, k, v, plan, { heads: 2, dropout: { rate: 0.3, stream: stream() } });
      allClose(attend(inputs.map(pick), partPlan).dataSync(), pick(attend(inputs, wholePlan)).dataSync(), {
        atol: 1e-5,
      });

      const layers = [layer('0'), layer('1')];
      const encode = (x: tf.Tensor2D, plan: typeof wholePlan) =>
        ops.encoder(x, plan, layers, {
          heads: 2,
          dropoutStream: stream(),
          hiddenDropout: 0.2,
          attentionDropout: 0.3,
        });
      const whole = encode(inputs[0], wholePlan);
      allClose(encode(pick(inputs[0]), partPlan).dataSync(), pick(whole).dataSync(), { atol: 1e-5 });
      const alone = encode(pick(inputs[0]), planAttention(partPlan.offsets!, shape));
      expect(tf.max(tf.abs(tf.sub(alone, pick(whole)))).dataSync()[0]).toBeGreaterThan(0.1);
    });
  });
});

it.each(implementations)(
  'a part of a batch gets its masks between the layers of an LSTM, %s',
  (_, { lstm }) => {
    tf.tidy(() => {
      const weights = (size: number, name: string) => ({
        inputKernel: normal(`${name} ih`, [16, size]) as tf.Tensor2D,
        recurrentKernel: normal(`${name} hh`, [16, 4]) as tf.Tensor2D,
        inputBias: tf.zeros([16]) as tf.Tensor1D,
        recurrentBias: tf.zeros([16]) as tf.Tensor1D,
      });
      const layers = [weights(3, '0'), weights(4, '1')];
      const [batch, time, first, count] = [5, 6, 1, 2];
      const x = normal('x', [batch, time, 3]) as tf.Tensor3D;
      const places = Array.from({ length: time }, (_, t) =>
        range(t * batch + first, t * batch + first + count),
      );
      const run = (x: tf.Tensor, part?: ReturnType<typeof rows>) =>
        lstm(x as tf.Tensor3D, layers, { rate: 0.4, stream: stream(), rows: part }).output;
      const pick = (x: tf.Tensor) => tf.slice(x, [first, 0, 0], [count, -1, -1]);
      const whole = tf.valueAndGrad((x: tf.Tensor) => run(x))(x, tf.ones([batch, time, 4]));
      const own = rows(places.flat(), time * batch);
      const part = tf.valueAndGrad((x: tf.Tensor) => run(x, own))(pick(x), tf.ones([count, time, 4]));
      allClose(part.value.dataSync(), pick(whole.value).dataSync());
      allClose(part.grad.dataSync(), pick(whole.grad).dataSync());
    });
  },
);

it('refuses a part of other sequences', () => {
  const part = { tokens: rows([0], 2), sequences: rows([0], 2), longest: 1 };
  expect(() => planAttention(Int32Array.of(0, 2), { heads: 1, hidden: 1 }, part)).toThrow(
    /the part has 1 tokens and 1 sequences, and the offsets 2 and 1/,
  );
});
