import { setImmediate } from 'node:timers/promises';
import { loadKernels } from '@fin/kernels';
import { countTensors, hasNativeOps, memory, NO_GROWTH } from '@fin/runtime';
import { fullTier } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { autocast, GradScaler, Policy } from '../src/index.js';
import { MODES } from './support/modes.js';

vi.stubEnv('FIN_KERNELS', '');
if (hasNativeOps()) await loadKernels(); // fused products where there are any

/** Large enough on the native backend to be held low; the others hold nothing low, and are slow. */
const ROWS = hasNativeOps() ? 80 : 4;

/** Training steps, and rounds of thrown errors. Tensors, handles and bytes are counted exactly: one lost per step shows at once. */
const STEPS = fullTier ? 1000 : 100;
const ROUNDS = fullTier ? 50 : 10;

const x = tf.randomNormal<tf.Rank.R2>([ROWS, 64], 0, 1, 'float32', 1);
const y = tf.randomNormal<tf.Rank.R2>([ROWS, 8], 0, 1, 'float32', 2);
const w = tf.variable(tf.randomNormal<tf.Rank.R2>([64, 72], 0, 0.1, 'float32', 3));
const b = tf.variable(tf.zeros<tf.Rank.R1>([72]));
const v = tf.variable(tf.randomNormal<tf.Rank.R2>([72, 8], 0, 0.1, 'float32', 4));
const optimizer = tf.train.sgd(1e-3);
afterAll(() => tf.dispose([x, y, w, b, v]));

const model = () => tf.matMul(tf.softmax(tf.relu(tf.add(tf.matMul(x, w), b))), v);
const loss = () => tf.tidy(() => tf.mean(tf.square(tf.sub(model(), y))) as tf.Scalar);

function nativeBytes(): number {
  return Object.values(memory().native?.bytes ?? {}).reduce((sum, bytes) => sum + bytes, 0);
}

describe.each(
  MODES.flatMap((mode) => [
    { mode, dtype: 'bfloat16' as const },
    { mode, dtype: 'float16' as const },
  ]),
)('under $dtype in mode $mode', ({ mode, dtype }) => {
  const policy = new Policy({ mode, dtype });
  const scaler = new GradScaler({ enabled: policy.needsScaler });

  const step = () => {
    const { value, grads } = tf.variableGrads(() => scaler.scale(autocast(policy, loss)));
    scaler.step(optimizer, grads);
    scaler.update();
    tf.dispose([value, grads] as never);
  };

  it(`${STEPS} training steps leave tensors, handles and bytes as they were`, async () => {
    step();
    await setImmediate();
    const bytes = nativeBytes();
    const growth = await countTensors(() => {
      for (let i = 0; i < STEPS; i++) step();
    });
    expect(growth).toEqual(NO_GROWTH);
    expect(nativeBytes()).toBe(bytes);
  });

  it('errors thrown while computing leave them as they were', async () => {
    step();
    const failing = () => {
      expect(() =>
        tf.variableGrads(() =>
          autocast(policy, () => {
            const result = loss();
            autocast(policy, () => tf.matMul(w, w));
            return result;
          }),
        ),
      ).toThrow();
      expect(() =>
        tf.variableGrads(() => {
          autocast(policy, loss);
          throw new Error('outside of the scope');
        }),
      ).toThrow('outside of the scope');
      expect(() =>
        tf.tidy(() =>
          autocast(policy, () => {
            model();
            throw new Error('without a tape');
          }),
        ),
      ).toThrow('without a tape');
    };
    failing();
    await setImmediate();
    const bytes = nativeBytes();
    const growth = await countTensors(async () => {
      for (let i = 0; i < ROUNDS; i++) failing();
      await setImmediate();
    });
    expect(growth).toEqual(NO_GROWTH);
    expect(nativeBytes()).toBe(bytes);
  });

  it('errors thrown by gradients leave them as they were', async () => {
    const failing = () => {
      const broken = tf.customGrad((input, save) => {
        (save as tf.GradSaveFunc)([input as tf.Tensor]);
        return {
          value: tf.clone(input as tf.Tensor),
          gradFunc: (): tf.Tensor => {
            throw new Error('in the backward pass');
          },
        };
      });
      // Within tf.tidy, since tfjs itself loses the value of a function whose gradient throws.
      expect(() =>
        tf.tidy(
          () => void tf.variableGrads(() => tf.sum(autocast(policy, () => broken(model()))) as tf.Scalar),
        ),
      ).toThrow('in the backward pass');
    };
    failing();
    await setImmediate();
    const growth = await countTensors(async () => {
      for (let i = 0; i < ROUNDS; i++) failing();
      await setImmediate();
    });
    expect(growth).toEqual(NO_GROWTH);
  });

  it('inference leaves them as they were', async () => {
    const infer = () => tf.tidy(() => autocast(policy, model).dataSync());
    infer();
    const growth = await countTensors(() => {
      for (let i = 0; i < STEPS; i++) infer();
    });
    expect(growth).toEqual(NO_GROWTH);
  });
});
