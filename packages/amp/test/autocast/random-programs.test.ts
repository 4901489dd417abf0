import { setImmediate } from 'node:timers/promises';
import { countTensors, hasNativeOps, installedInterceptors, NO_GROWTH } from '@fin/runtime';
import { fullTier } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { autocast, Policy } from '../../src/index.js';
import { MODES } from '../support/modes.js';

/** On the native backend large enough to be held low. */
const SIZE = hasNativeOps() ? 66 : 8;

const x = tf.randomNormal<tf.Rank.R2>([SIZE, SIZE], 0, 1, 'float32', 1);
const w = tf.variable(tf.randomNormal<tf.Rank.R2>([SIZE, SIZE], 0, 1 / Math.sqrt(SIZE), 'float32', 2));
const b = tf.variable(tf.randomNormal<tf.Rank.R1>([SIZE], 0, 0.3, 'float32', 3));
const frozen = tf.variable(
  tf.randomNormal<tf.Rank.R2>([SIZE, SIZE], 0, 1 / Math.sqrt(SIZE), 'float32', 4),
  false,
);
/** Weighs each element of the result by a number of its own, so that gradients do not cancel. */
const c = tf.randomNormal<tf.Rank.R2>([SIZE, SIZE], 0, 1, 'float32', 5);
afterAll(() => tf.dispose([x, w, b, frozen, c]));

type Op = (h: tf.Tensor2D) => tf.Tensor2D;

const OPS: Readonly<Record<string, Op>> = {
  matMul: (h) => tf.matMul(h, w),
  'matMul with a frozen weight': (h) => tf.matMul(h, frozen, false, true),
  bias: (h) => tf.add(h, b),
  tanh: (h) => tf.tanh(h),
  softmax: (h) => tf.mul(tf.softmax(h), SIZE),
  scale: (h) => tf.mul(h, 0.7),
  gate: (h) => tf.mul(h, tf.sigmoid(h)),
  residual: (h) => tf.add(h, tf.matMul(h, w)),
  norm: (h) => {
    const centred = tf.sub(h, tf.mean(h, 1, true));
    return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), 1e-3)));
  },
  move: (h) => tf.transpose(tf.reverse(tf.concat([tf.slice(h, [2, 0]), tf.slice(h, [0, 0], [2, SIZE])]), 1)),
};

type Program = { readonly op: string } | { readonly scope: 'on' | 'off'; readonly body: readonly Program[] };

const { program } = fc.letrec<{ program: Program }>((tie) => ({
  program: fc.oneof(
    { maxDepth: 3 },
    { weight: 3, arbitrary: fc.constantFrom(...Object.keys(OPS)).map((op) => ({ op })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom('on', 'off'), fc.array(tie('program'), { minLength: 1, maxLength: 3 }))
        .map(([scope, body]) => ({ scope, body })),
    },
  ),
}));

function run(body: readonly Program[], start: tf.Tensor2D, on: Policy): tf.Tensor2D {
  return body.reduce((h, step) => {
    if ('op' in step) return OPS[step.op](h);
    return autocast(step.scope === 'on' ? on : { enabled: false }, () =>
      tf.tidy(() => run(step.body, h, on)),
    );
  }, start);
}

/** Of both variables, one after the other: either alone can be zero but for rounding, such as a bias before a norm. */
function gradients(body: readonly Program[], on: Policy): Float32Array {
  const loss = () =>
    tf.tidy(() => tf.mean(tf.mul(run(body, tf.add(tf.matMul(x, w), b), on), c)) as tf.Scalar);
  const { value, grads } = tf.variableGrads(loss, [w, b] as tf.Variable[]);
  const values = Float32Array.from([w, b].flatMap(({ name }) => [...grads[name].dataSync()]));
  tf.dispose([value, grads] as never);
  return values;
}

function cosine(p: Float32Array, q: Float32Array): number {
  let [dot, pp, qq] = [0, 0, 0];
  for (let i = 0; i < p.length; i++) {
    dot += p[i] * q[i];
    pp += p[i] * p[i];
    qq += q[i] * q[i];
  }
  return pp === 0 && qq === 0 ? 1 : dot / Math.sqrt(pp * qq);
}

describe.each(MODES)('random programs of scopes, islands and ops in mode %s', (mode) => {
  it('have the gradients of float32 in direction, and leave nothing behind', async () => {
    const on = new Policy({ mode });
    const off = new Policy({ enabled: false });
    const property = fc.asyncProperty(fc.array(program, { minLength: 1, maxLength: 5 }), async (body) => {
      const expected = gradients(body, off);
      const growth = await countTensors(async () => {
        // A dozen roundings in a row of a relative 2^-9 each; far from what a wrong gradient gives.
        expect(cosine(gradients(body, on), expected)).toBeGreaterThan(0.99);
        await setImmediate();
      });
      expect(growth).toEqual(NO_GROWTH);
      expect(installedInterceptors()).not.toContain('autocast');
    });
    gradients([], off);
    await fc.assert(property, { numRuns: fullTier ? 200 : 40, seed: 7 });
  });
});
