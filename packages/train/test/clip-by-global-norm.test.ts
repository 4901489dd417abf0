import { allClose, parity } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { clipByGlobalNorm, TrainInputError } from '../src/index.js';
import { oracle } from './oracle.js';

const tolerance = parity('clip-grad-norm');

describe('clipByGlobalNorm', () => {
  it.each(oracle.clipping.map((sample) => [sample.maxNorm, sample.norm, sample] as const))(
    'equals torch.nn.utils.clip_grad_norm_: at most %d, norm %d',
    (maxNorm, norm, sample) => {
      tf.tidy(() => {
        const before = Object.fromEntries(
          sample.before.map(({ data, shape }, i) => [`p${i}`, tf.tensor(data, shape, 'float32')]),
        );
        const clipped = clipByGlobalNorm(before, maxNorm);
        allClose(clipped.norm.dataSync(), [norm], tolerance);
        expect(Object.keys(clipped.grads)).toEqual(['p0', 'p1', 'p2']);
        const list = clipByGlobalNorm(Object.values(before), maxNorm).grads;
        for (const [i, after] of sample.after.entries()) {
          allClose(clipped.grads[`p${i}`].dataSync(), after, tolerance);
          allClose(list[i].dataSync(), after, tolerance);
        }
      });
    },
  );

  it('creates only the tensors that it returns', () => {
    const grads = [tf.ones([3]), tf.ones([2, 2])];
    const before = tf.memory().numTensors;
    const clipped = clipByGlobalNorm(grads, 1);
    expect(tf.memory().numTensors).toBe(before + 3);
    tf.dispose([grads, clipped.grads, clipped.norm]);
  });

  it('refuses a norm that is not above 0', () => {
    expect(() => clipByGlobalNorm([], 0)).toThrow(TrainInputError);
  });
});
