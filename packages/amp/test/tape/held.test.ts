import { elementBytes, hasNativeOps, nativeDType } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { recordingTape } from '../../src/core/engine.js';
import { autocast, HeldShapeError, Policy } from '../../src/index.js';
import { isShapeOnly } from '../../src/tape/saved-tensors.js';
import { MODES } from '../support/modes.js';
import { relativeError } from '../support/relative-error.js';

const x = tf.randomNormal<tf.Rank.R2>([96, 64], 0, 1, 'float32', 1);
const w = tf.variable(tf.randomNormal<tf.Rank.R2>([64, 128], 0, 1, 'float32', 2));
const v = tf.variable(tf.randomNormal<tf.Rank.R2>([128, 64], 0, 1, 'float32', 3));
afterAll(() => tf.dispose([x, w, v]));

interface Held {
  readonly kernel: string;
  /** Shape, and the dtype it is held in or `shape` where no data are held. */
  readonly tensors: readonly string[];
}

/** What is held for the backward pass of `fn`, op by op. */
function heldBy(policy: Policy, fn: (x: tf.Tensor2D) => tf.Tensor): Held[] {
  let held: Held[] = [];
  const gradient = tf.grad((input: tf.Tensor) =>
    tf.tidy(() => {
      const y = autocast(policy, () => fn(tf.mul(input, 1) as tf.Tensor2D));
      held = recordingTape()!
        .filter(({ kernelName }) => !['Identity', 'autocast', '__clone'].includes(kernelName))
        .map(({ kernelName, saved }) => ({
          kernel: kernelName,
          tensors: (saved ?? []).map((tensor) =>
            isShapeOnly(tensor) ? `${tensor.shape} shape` : `${tensor.shape} ${nativeDType(tensor)}`,
          ),
        }))
        .filter(({ tensors }) => tensors.length > 0);
      return tf.sum(y);
    }),
  )(x);
  gradient.dispose();
  return held;
}

const of = (held: Held[], kernel: string) =>
  held.filter((one) => one.kernel === kernel).map(({ tensors }) => tensors);

describe.skipIf(!hasNativeOps()).each(MODES.filter((mode) => mode !== 'auto'))(
  'what is held in mode %s',
  (mode) => {
    const policy = new Policy({ dtype: 'bfloat16', mode });

    it('is low for activations and float32 for weights', () => {
      const held = heldBy(policy, (input) => tf.matMul(tf.exp(tf.matMul(input, w)), v));
      expect(of(held, 'BatchMatMul')).toEqual([
        ['96,64 bfloat16', '64,128 float32'],
        ['96,128 bfloat16', '128,64 float32'],
      ]);
      expect(of(held, 'Exp')).toEqual([['96,128 bfloat16']]);
    });

    it('is float32 for what is older than the step', () => {
      const batch = tf.ones<tf.Rank.R2>([96, 64]);
      const held = heldBy(policy, (input) => tf.mul(input, batch));
      expect(of(held, 'Multiply').at(-1)).toEqual(['96,64 bfloat16', '96,64 float32']);
      batch.dispose();
    });

    it('is only the shape where the gradient reads no more', () => {
      const held = heldBy(policy, (input) => tf.sum(tf.add(tf.reshape(tf.relu(input), [64, 96]), 1), 0));
      expect([of(held, 'Reshape'), of(held, 'Add'), of(held, 'Sum')]).toEqual([
        [['96,64 shape']],
        [['64,96 shape', ' shape']],
        [['64,96 shape']],
      ]);
    });

    it('is only the shape where it would serve the gradient of a frozen weight or a number', () => {
      const frozen = tf.variable(tf.ones<tf.Rank.R2>([64, 128]), false);
      const held = heldBy(policy, (input) =>
        tf.div(tf.mul(tf.matMul(tf.exp(input) as tf.Tensor2D, frozen), 0.5), 3),
      );
      expect(of(held, 'BatchMatMul')).toEqual([['96,64 shape', '64,128 float32']]);
      expect(of(held, 'Multiply').at(-1)).toEqual(['96,128 shape', ' float32']);
      expect(of(held, 'RealDiv')).toEqual([['96,128 shape', ' float32']]);
      frozen.dispose();
    });

    it('is data where a gradient may be asked for', () => {
      const trained = tf.variable(tf.scalar(0.5));
      const held = heldBy(policy, (input) => tf.mul(tf.mul(tf.exp(input), trained), tf.sum(input)));
      expect(of(held, 'Multiply').slice(1)).toEqual([
        ['96,64 bfloat16', ' float32'],
        ['96,64 bfloat16', ' float32'],
      ]);
      trained.dispose();
    });

    it('ends in a clear error where the gradient of a frozen weight is asked for', () => {
      const frozen = tf.variable(tf.ones<tf.Rank.R2>([64, 8]), false);
      const gradient = (how: Policy) =>
        tf.tidy(() =>
          tf.grads((...[a, b]) => tf.sum(autocast(how, () => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D))))(
            [x, frozen],
          ),
        );
      expect(() => gradient(policy)).toThrow(HeldShapeError);
      expect(gradient(policy.with({ savedActivations: 'as-computed' }))).toHaveLength(2);
      frozen.dispose();
    });

    it('is float32 for statistics and small tensors', () => {
      const held = heldBy(policy, (input) => {
        const rows = tf.tile(tf.sum(input, 1, true), [50, 1]); // [4800, 1]
        return tf.add(tf.sum(tf.square(rows)), tf.sum(tf.square(tf.slice(input, [0, 0], [10, 10]))));
      });
      expect(of(held, 'Square')).toEqual([['4800,1 float32'], ['10,10 float32']]);
    });

    it('is exact where the gradient compares', () => {
      const held = heldBy(policy, (input) => tf.max(input, 1));
      expect(of(held, 'Max')).toEqual([['96,64 float32', '96 float32']]);
    });

    it('is as computed where the policy says so', () => {
      const held = heldBy(policy.with({ savedActivations: 'as-computed' }), (input) =>
        tf.exp(tf.matMul(input, w)),
      );
      const dtype = mode === 'low' ? 'bfloat16' : 'float32';
      expect(of(held, 'BatchMatMul')).toEqual([['96,64 float32', '64,128 float32']]);
      expect(of(held, 'Exp')).toEqual([['96,128 float32']]);
      expect(
        of(
          heldBy(policy.with({ savedActivations: 'as-computed' }), (i) => tf.square(tf.matMul(i, w))),
          'Square',
        ),
      ).toEqual([[`96,128 ${dtype}`]]);
    });

    it('is bfloat16 under float16 unless an op computed with float16', () => {
      const held = heldBy(policy.with({ dtype: 'float16' }), (input) =>
        tf.matMul(tf.exp(tf.matMul(input, w)), v),
      );
      expect(of(held, 'Exp')).toEqual([['96,128 bfloat16']]);
    });

    it('is held once however many ops save it', () => {
      let bytes = 0;
      const gradient = tf.grad((input: tf.Tensor) =>
        tf.tidy(() => {
          const y = autocast(policy, () => {
            const shared = tf.exp(input);
            return tf.addN([1, 2, 3].map(() => tf.matMul(shared as tf.Tensor2D, w)));
          });
          const data = new Map<object, number>();
          for (const { kernelName, saved } of recordingTape()!) {
            if (kernelName !== 'BatchMatMul') continue;
            const [a] = saved!;
            data.set(a.dataId, a.size * elementBytes(nativeDType(a)));
          }
          bytes = [...data.values()].reduce((sum, size) => sum + size, 0);
          return tf.sum(y);
        }),
      )(x);
      gradient.dispose();
      expect(bytes).toBe(96 * 64 * 2);
    });
  },
);

describe.each(MODES)('gradients from it in mode %s', (mode) => {
  const policy = new Policy({ dtype: 'bfloat16', mode });
  const of = (f: (input: tf.Tensor) => tf.Tensor, how: Policy) => {
    const gradient = tf.grad((input: tf.Tensor) => tf.sum(autocast(how, () => f(input))))(x);
    const values = gradient.dataSync();
    gradient.dispose();
    return values;
  };

  // The dtype's own tolerance; what is held low is rounded once more.
  it.each<[string, (input: tf.Tensor) => tf.Tensor]>([
    ['exp', (i) => tf.exp(tf.mul(i, 0.5))],
    ['square', (i) => tf.square(tf.square(i))],
    ['softmax', (i) => tf.square(tf.softmax(i))],
    ['sigmoid', (i) => tf.sigmoid(tf.mul(i, 2))],
    ['tanh', (i) => tf.tanh(tf.mul(i, 2))],
    ['max', (i) => tf.max(tf.mul(i, 2), 1)],
    ['maximum', (i) => tf.maximum(tf.mul(i, 2), tf.reverse(i, 1))],
    ['clipping', (i) => tf.mul(tf.clipByValue(i, -0.5, 0.5), 3)],
    ['division', (i) => tf.div(i, tf.add(tf.square(i), 1))],
    ['concat and slice', (i) => tf.square(tf.slice(tf.concat([i, tf.mul(i, 3)], 1), [3, 5], [80, 100]))],
    ['gather', (i) => tf.square(tf.gather(tf.mul(i, 2), tf.tensor1d([3, 3, 70], 'int32')))],
    [
      'pad and transpose',
      (i) =>
        tf.square(
          tf.transpose(
            tf.pad(i as tf.Tensor2D, [
              [1, 2],
              [0, 3],
            ]),
          ),
        ),
    ],
    ['stack and mean', (i) => tf.square(tf.mean(tf.stack([i, tf.mul(i, 2)]), 2))],
    ['what is multiplied by a number made of the input', (i) => tf.mul(tf.exp(i), tf.mean(tf.square(i)))],
    ['logSumExp', (i) => tf.logSumExp(tf.mul(i, 3), 1)],
    ['matMul chain', (i) => tf.matMul(tf.tanh(tf.mul(tf.matMul(i as tf.Tensor2D, w), 0.05)), v)],
  ])('of %s are those of float32 within 2e-2', (_, f) => {
    expect(relativeError(of(f, policy), of(f, new Policy({ enabled: false })))).toBeLessThan(2e-2);
  });
});
