import { countTensors, hasNativeOps, NO_GROWTH } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { autocast, Policy } from '../../src/index.js';
import type { TracedOp } from '../support/trace.js';
import { traceOps } from '../support/trace.js';

const policy = new Policy({ dtype: 'bfloat16', mode: 'low' });
const w = tf.variable(tf.ones<tf.Rank.R2>([64, 64]));
const x = tf.ones<tf.Rank.R2>([80, 64]);
afterAll(() => tf.dispose([w, x]));

const casts = (ops: readonly TracedOp[]) => ops.filter(({ op }) => op === 'Cast').length;

describe.skipIf(!hasNativeOps())('casts of weights', () => {
  it('are made once in a scope', () => {
    const ops = traceOps(() =>
      autocast(policy, () =>
        tf.tidy(() => {
          for (let i = 0; i < 5; i++) tf.matMul(w, w);
        }),
      ),
    );
    expect(casts(ops)).toBe(1);
  });

  it('are made once for scopes inside one another, and again in the next', () => {
    const use = () => autocast(policy, () => tf.tidy(() => void tf.matMul(w, w)));
    const nested = traceOps(() =>
      autocast(policy, () => {
        use();
        use();
      }),
    );
    expect(casts(nested)).toBe(1);
    expect(
      casts(
        traceOps(() => {
          use();
          use();
        }),
      ),
    ).toBe(2);
  });

  it('last through the backward pass', () => {
    const linear = tf.customGrad((input) => ({
      value: tf.matMul(input as tf.Tensor2D, w),
      gradFunc: (dy: tf.Tensor) => tf.matMul(dy as tf.Tensor2D, w, false, true),
    }));
    const ops = traceOps(() =>
      tf
        .grad((input: tf.Tensor) => tf.sum(autocast(policy, () => linear(input))))(x)
        .dispose(),
    );
    expect(casts(ops)).toBe(3); // x, w, dy
  });

  it('of activations are shared by neighbours: query, key and value', () => {
    const ops = traceOps(() =>
      autocast(policy, () =>
        tf.tidy(() => [1, 2, 3].map(() => tf.matMul(x, tf.ones<tf.Rank.R2>([64, 8]))).length),
      ),
    );
    expect(casts(ops)).toBe(1 + 3);
  });

  it('are not taken for those of a value assigned since', () => {
    const variable = tf.variable(tf.ones<tf.Rank.R2>([64, 64]));
    const sums = autocast(policy, () =>
      [1, 2, 3].map((factor) => {
        tf.tidy(() => variable.assign(tf.fill([64, 64], factor)));
        return tf.tidy(() => tf.sum(tf.matMul(x, variable)).arraySync());
      }),
    );
    expect(sums).toEqual([1, 2, 3].map((factor) => factor * 80 * 64 * 64));
    variable.dispose();
  });

  it('are not taken for those of a variable disposed since', () => {
    const result = autocast(policy, () => {
      const [first, second] = [1, 2].map((value) => {
        const variable = tf.variable(tf.fill<tf.Rank.R2>([64, 64], value));
        const sum = tf.tidy(() => tf.sum(tf.matMul(x, variable)).arraySync());
        variable.dispose();
        return sum as number;
      });
      return second / first;
    });
    expect(result).toBe(2);
  });

  it('are freed with the scope', async () => {
    const growth = await countTensors(() =>
      autocast(policy, () => tf.tidy(() => void tf.matMul(tf.matMul(x, w), w))),
    );
    expect(growth).toEqual(NO_GROWTH);
  });

  it('do not pile up in a scope of many steps', async () => {
    const handles: number[] = [];
    await autocast(policy, async () => {
      for (let step = 0; step < 6; step++) {
        const { value, grads } = tf.variableGrads(() => tf.sum(tf.matMul(x, w)) as tf.Scalar);
        tf.tidy(() => w.assign(tf.sub(w, tf.mul(grads[w.name], 1e-6))));
        tf.dispose([value, grads] as never);
        await Promise.resolve();
        handles.push((await countTensors(() => undefined)).handles, tf.memory().numTensors);
      }
    });
    expect(new Set(handles.filter((_, i) => i % 2 === 1)).size).toBe(1);
  });
});
