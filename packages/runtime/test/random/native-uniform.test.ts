import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { attr, hasNativeOps, randomStreams, rawOp } from '../../src/index.js';
import { uniformFloats } from '../../src/random/draws.js';
import { statelessState } from '../../src/random/philox.js';

describe.skipIf(!hasNativeOps())("the TypeScript generator beside TensorFlow's", () => {
  it.each([
    [0, 0],
    [1, 2],
    [-1, 2_147_483_647],
    [-2_147_483_648, -7],
  ])('gives the bits of StatelessRandomUniform for seed [%i, %i]', (seed0, seed1) => {
    const count = 4099;
    const [native] = tf.tidy(() =>
      rawOp('StatelessRandomUniform', [tf.tensor1d([count], 'int32'), tf.tensor1d([seed0, seed1], 'int32')], {
        dtype: attr.type('float32'),
        T: attr.type('int32'),
        Tseed: attr.type('int32'),
      }),
    );
    const word64 = (value: number) => [value >>> 0, value < 0 ? 0xffffffff : 0] as const;
    const ours = uniformFloats(statelessState(word64(seed0), word64(seed1)), count);
    expect(native!.dataSync()).toEqual(ours);
    native!.dispose();
  });

  it('agrees over more blocks than one thread takes', () => {
    const [a, b] = [randomStreams(5).stream('dropout'), randomStreams(5).stream('dropout')];
    const tensor = a.uniform([513, 1031]);
    expect(
      Buffer.compare(Buffer.from(tensor.dataSync().buffer), Buffer.from(b.floats(513 * 1031).buffer)),
    ).toBe(0);
    tensor.dispose();
  });
});
