import { randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { AttentionPlan } from '../src/attention/attention-plan.js';
import { planGrouped } from '../src/attention/attention-plan.js';
import type { DropoutOptions } from '../src/index.js';
import { composed, planPaddedAttention } from '../src/index.js';

/** Scores of about 10, scaled before their products are added up here and after it there. */
const ROUNDING = { rtol: 1e-5, atol: 1e-5 };

const lengths = [1, 3, 3, 4, 7, 7, 12];
const longest = 12;
const heads = 2;
const hidden = 6;
const offsets = Int32Array.from([0, ...lengths]);
for (let i = 1; i < offsets.length; i++) offsets[i] += offsets[i - 1];
const total = offsets[lengths.length];
const options = { heads };
const attention = composed.packedAttention;
const free = { perGroup: 0, perWeight: 0, perPaddedToken: 0 };
const plans: [string, () => AttentionPlan, number][] = [
  ['one group per length', () => planGrouped(offsets, { ...free, perWeight: 1 }), 5],
  ['one padded group', () => planGrouped(offsets, { ...free, perGroup: 1 }), 1],
  ['a few groups', () => planGrouped(offsets, { perGroup: 40, perWeight: 1, perPaddedToken: 0 }), 3],
];

/** Attention by definition, one sequence and head after the other, with the gradient that tfjs derives. */
function attentionComposed(q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D): tf.Tensor2D {
  const headDim = hidden / heads;
  const rows = lengths.map((length, i) => {
    const start = offsets[i];
    const columns = Array.from({ length: heads }, (_, head) => {
      const [qs, ks, vs] = [q, k, v].map((x) => tf.slice2d(x, [start, head * headDim], [length, headDim]));
      const scores = tf.div(tf.matMul(qs, ks, false, true), Math.sqrt(headDim));
      return tf.matMul(tf.softmax(scores), vs) as tf.Tensor2D;
    });
    return tf.concat2d(columns, 1);
  });
  return tf.concat2d(rows, 0);
}

const dropoutAt = (at: number): DropoutOptions => ({
  rate: 0.5,
  stream: randomStreams(3).stream('dropout').at(at),
});

const inputs = () => {
  const stream = randomStreams(7).stream('data');
  return [0, 1, 2].map(() => stream.normal([total, hidden], 0, 2)) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
};
const gradients = (
  f: (q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D) => tf.Tensor,
  args: [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D],
) => {
  const dy = randomStreams(8).stream('data').normal([total, hidden]);
  return tf.valueAndGrads((...x: tf.Tensor[]) => f(...(x as typeof args)))(args, dy);
};

describe('attention within sequences', () => {
  it.each(plans)('equals its definition, forward and backward: %s', (_, plan, groups) => {
    tf.tidy(() => {
      const args = inputs();
      expect(plan().groups?.length).toBe(groups);
      const expected = gradients(attentionComposed, args);
      const actual = gradients((q, k, v) => attention(q, k, v, plan(), options), args);
      allClose(actual.value.dataSync(), expected.value.dataSync(), ROUNDING);
      for (const [i, grad] of actual.grads.entries()) {
        allClose(grad.dataSync(), expected.grads[i].dataSync(), ROUNDING);
      }
    });
  });

  it('equals its definition on padded sequences', () => {
    tf.tidy(() => {
      const mask = lengths.flatMap((length) => Array.from({ length: longest }, (_, at) => +(at < length)));
      const places = [...mask.keys()].filter((place) => mask[place] === 1);
      const scatter = (x: tf.Tensor2D) =>
        tf.scatterND(tf.tensor2d(places, [total, 1], 'int32'), x, [mask.length, hidden]) as tf.Tensor2D;
      const [q, k, v] = inputs();
      const result = attention(
        scatter(q),
        scatter(k),
        scatter(v),
        planPaddedAttention(mask, lengths.length),
        options,
      );
      allClose(tf.gather(result, places).dataSync(), attentionComposed(q, k, v).dataSync(), ROUNDING);
    });
  });

  it.each(plans)('drops the weights that one group drops: %s', (_, plan) => {
    tf.tidy(() => {
      const args = inputs();
      const run = (plan: AttentionPlan) => (q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D) =>
        attention(q, k, v, plan, { heads, dropout: dropoutAt(0) });
      const expected = gradients(run(plans[1][1]()), args);
      const actual = gradients(run(plan()), args);
      allClose(actual.value.dataSync(), expected.value.dataSync(), ROUNDING);
      for (const [i, grad] of actual.grads.entries()) {
        allClose(grad.dataSync(), expected.grads[i].dataSync(), ROUNDING);
      }
    });
  });

  it('keeps a NaN in its sequence', () => {
    tf.tidy(() => {
      const [q, k, v] = inputs();
      const spoilt = tf.concat2d(
        [tf.fill([1, hidden], Number.NaN), tf.slice2d(v, [1, 0], [total - 1, hidden])],
        0,
      );
      const out = attention(q, k, spoilt, plans[1][1](), options).arraySync();
      expect(out.filter((row) => row.some(Number.isNaN))).toHaveLength(1);
    });
  });

  it.each(plans)('drops weights alike forward and backward: %s', (_, plan) => {
    tf.tidy(() => {
      const [q, k, v] = inputs();
      const dropping = (at: number) => ({ heads, dropout: dropoutAt(at) });
      const run = (values: tf.Tensor2D, at = 0) => attention(q, k, values, plan(), dropping(at));
      // The output is linear in v: its gradient along a direction is the output for that direction.
      const direction = randomStreams(9).stream('data').normal([total, hidden]);
      const dy = randomStreams(10).stream('data').normal([total, hidden]);
      const dv = tf.grad((values) => run(values as tf.Tensor2D))(v, dy);
      const along = tf.sum(tf.mul(dv, direction)).dataSync();
      allClose(along, tf.sum(tf.mul(run(direction), dy)).dataSync(), { rtol: 1e-4, atol: 1e-4 });
      expect(tf.max(tf.abs(tf.sub(run(v), run(v, 1)))).dataSync()[0]).toBeGreaterThan(0.1);
      // And in k by finite differences, through the softmax.
      const loss = (keys: tf.Tensor2D) =>
        tf.sum(tf.mul(attention(q, keys, v, plan(), dropping(0)), dy)) as tf.Scalar;
      const dk = tf.grad((keys) => loss(keys as tf.Tensor2D))(k);
      const step = 1e-2;
      const moved = (sign: number) => loss(tf.add(k, tf.mul(direction, sign * step))).dataSync()[0];
      const slope = (moved(1) - moved(-1)) / (2 * step);
      allClose(tf.sum(tf.mul(dk, direction)).dataSync(), [slope], { rtol: 2e-2, atol: 1e-2 });
    });
  });
});
