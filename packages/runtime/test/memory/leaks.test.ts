import { fullTier } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  countTensors,
  dropout,
  hasNativeOps,
  installInterceptor,
  memory,
  NO_GROWTH,
  parameter,
  randomStreams,
} from '../../src/index.js';

/** One training step of a small classifier over an embedding, as the packages above would write it. */
function trainer() {
  const random = randomStreams(1);
  const init = random.stream('init');
  const embedding = parameter('embedding', init.normal([20, 8], 0, 0.1));
  const weight = parameter('weight', init.normal([8, 3], 0, 0.1));
  const ids = tf.tensor1d([1, 4, 5, 7, 19], 'int32');
  const labels = tf.tidy(() => tf.oneHot(tf.tensor1d([0, 1, 2, 1, 0], 'int32'), 3));
  let at = 0;
  return {
    step(): number {
      const stream = random.stream('dropout').at(at++);
      return tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => {
          const hidden = dropout(tf.gather(embedding, ids), 0.1, stream); // [5, 8]
          const logits = tf.matMul(tf.tanh(hidden) as tf.Tensor2D, weight as tf.Variable<tf.Rank.R2>); // [5, 3]
          return tf.losses.softmaxCrossEntropy(labels, logits) as tf.Scalar;
        }, [embedding, weight]);
        for (const variable of [embedding, weight]) {
          variable.assign(tf.sub(variable, tf.mul(grads[variable.name]!, 0.5)));
        }
        return value.dataSync()[0]!;
      });
    },
    dispose() {
      tf.dispose([embedding, weight, ids, labels]);
    },
  };
}

const STEPS = fullTier ? 1000 : 300;

describe(`${STEPS} steps`, () => {
  it('keep tensors, buffers and handles flat, and learn', async () => {
    const everything = await countTensors(async () => {
      const { step, dispose } = trainer();
      const first = step();
      let last = 0;
      const growth = await countTensors(() => {
        for (let i = 0; i < STEPS; i++) last = step();
      });
      expect(growth).toEqual(NO_GROWTH);
      expect(last).toBeLessThan(first / 10);
      dispose();
    });
    expect(everything).toEqual(NO_GROWTH);
  });

  it('do so behind an interceptor too', async () => {
    const { step, dispose } = trainer();
    const installation = installInterceptor('watch', (call, next) => next(call));
    step();
    const growth = await countTensors(() => {
      for (let i = 0; i < 100; i++) step();
    });
    expect(growth).toEqual(NO_GROWTH);
    installation.remove();
    dispose();
  });
});

describe('memory', () => {
  it('counts tensors, buffers and bytes', () => {
    const before = memory();
    const x = tf.tidy(() => tf.add(tf.ones([10]), 1));
    const after = memory();
    expect(after.tensors - before.tensors).toBe(1);
    expect(after.dataBuffers - before.dataBuffers).toBe(1);
    expect(after.bytes - before.bytes).toBe(40);
    expect(after.native === null).toBe(!hasNativeOps());
    if (after.native && before.native) {
      expect(after.native.handles - before.native.handles).toBe(1);
      expect(after.native.bytes.float32! - (before.native.bytes.float32 ?? 0)).toBe(40);
    }
    x.dispose();
    expect(memory()).toEqual(before);
  });
});

describe('countTensors', () => {
  it('sees what is kept and what is freed, also by a function that waits', async () => {
    let kept: tf.Tensor | undefined;
    const grown = await countTensors(async () => {
      await Promise.resolve();
      kept = tf.tidy(() => tf.neg(tf.ones([2])));
    });
    expect(grown).toEqual({ tensors: 1, dataBuffers: 1, handles: hasNativeOps() ? 1 : 0 });
    const shrunk = await countTensors(() => kept!.dispose());
    expect(shrunk.tensors).toBe(-1);
  });
});
