import { randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { attention } from '../../src/attention/attention.js';
import type { GroupedPlan } from '../../src/attention/attention-plan.js';
import { planPacked, planPadded } from '../../src/attention/attention-plan.js';
import { packSequences, padSequences } from '../../src/index.js';

/** Scores of about 10, scaled before their products are added up here and after it there. */
const ROUNDING = { rtol: 1e-5, atol: 1e-5 };

const lengths = [3, 7, 1, 7, 4, 3, 12];
const heads = 2;
const hidden = 6;
const sequences = lengths.map((length) => new Int32Array(length));
const packed = packSequences(sequences);
const total = packed.inputIds.length;
const options = { heads, dropoutRate: 0, dropoutStream: null };
const free = { perGroup: 0, perWeight: 0, perPaddedToken: 0 };
const plans: [string, () => GroupedPlan, number][] = [
  ['one group per length', () => planPacked(packed, { ...free, perWeight: 1 }), 5],
  ['one padded group', () => planPacked(packed, { ...free, perGroup: 1 }), 1],
  ['a few groups', () => planPacked(packed, { perGroup: 40, perWeight: 1, perPaddedToken: 0 }), 3],
];

/** Attention by definition, one sequence and head after the other, with the gradient that tfjs derives. */
function attentionComposed(q: tf.Tensor2D, k: tf.Tensor2D, v: tf.Tensor2D): tf.Tensor2D {
  const headDim = hidden / heads;
  const rows = Array.from({ length: packed.size }, (_, i) => {
    const [start, length] = [packed.offsets[i], packed.offsets[i + 1] - packed.offsets[i]];
    const columns = Array.from({ length: heads }, (_, head) => {
      const [qs, ks, vs] = [q, k, v].map((x) => tf.slice2d(x, [start, head * headDim], [length, headDim]));
      const scores = tf.div(tf.matMul(qs, ks, false, true), Math.sqrt(headDim));
      return tf.matMul(tf.softmax(scores), vs) as tf.Tensor2D;
    });
    return tf.concat2d(columns, 1);
  });
  return tf.concat2d(rows, 0);
}

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
      expect(plan().groups.length).toBe(groups);
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
      const padded = padSequences(
        Array.from(packed.order, (text) => sequences[text]),
        0,
      );
      const places = Array.from(padded.attentionMask.keys()).filter(
        (place) => padded.attentionMask[place] === 1,
      );
      const scatter = (x: tf.Tensor2D) =>
        tf.scatterND(tf.tensor2d(places, [total, 1], 'int32'), x, [
          padded.size * padded.length,
          hidden,
        ]) as tf.Tensor2D;
      const [q, k, v] = inputs();
      const result = attention(scatter(q), scatter(k), scatter(v), planPadded(padded), options);
      allClose(tf.gather(result, places).dataSync(), attentionComposed(q, k, v).dataSync(), ROUNDING);
    });
  });

  it.each(plans)('drops weights alike forward and backward: %s', (_, plan) => {
    tf.tidy(() => {
      const [q, k, v] = inputs();
      const dropping = (at: number) => ({
        heads,
        dropoutRate: 0.5,
        dropoutStream: randomStreams(3).stream('dropout').at(at),
      });
      const run = (values: tf.Tensor2D, at = 0) => attention(q, k, values, plan(), dropping(at));
      // The output is linear in v: its gradient along a direction is the output for that direction.
      const direction = randomStreams(9).stream('data').normal([total, hidden]) as tf.Tensor2D;
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
