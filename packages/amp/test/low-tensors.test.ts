import { parseSafetensors, serializeSafetensors, toFloat32 } from '@fin/files/safetensors';
import { countTensors, hasNativeOps, NO_GROWTH, nativeDType } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { roundToLow } from '../src/emulation/round-to-low.js';
import { autocast, Policy } from '../src/index.js';

const DTYPES = ['bfloat16', 'float16'] as const;
const values = Float32Array.from({ length: 12 }, (_, i) => Math.sin(i + 1) * 3);
const identity = tf.eye(4);
const source = tf.tensor2d(values, [3, 4]);
afterAll(() => tf.dispose([identity, source]));

/** A tensor that autocast made: the values, rounded. */
const make = (dtype: 'bfloat16' | 'float16') =>
  autocast({ dtype, mode: 'low' }, () => tf.matMul(source, identity)) as tf.Tensor2D;

describe.each(DTYPES)('a %s tensor made under autocast', (dtype) => {
  const rounded = roundToLow(values, dtype);
  const policy = new Policy({ dtype, mode: 'low' });

  it('is read, synchronously and not, as the values it holds', async () => {
    const y = make(dtype);
    if (hasNativeOps()) expect(nativeDType(y)).toBe(dtype);
    expect(y.dtype).toBe('float32');
    expect(y.dataSync()).toEqual(rounded);
    expect(await y.data()).toEqual(rounded);
    expect(y.arraySync()).toEqual(tf.tidy(() => tf.tensor2d(rounded, [3, 4]).arraySync()));
    y.dispose();
  });

  it('is saved and comes back', () => {
    const y = make(dtype);
    const bytes = serializeSafetensors({ y: { dtype: 'F32', shape: y.shape, data: y.dataSync() } });
    expect(toFloat32(parseSafetensors(bytes).tensor('y'))).toEqual(rounded);
    y.dispose();
  });

  const moves: readonly [string, (x: tf.Tensor2D) => tf.Tensor | tf.Tensor[]][] = [
    ['clone', (x) => tf.clone(x)],
    ['reshape', (x) => tf.reshape(x, [2, 6])],
    ['transpose', (x) => tf.transpose(x)],
    ['slice', (x) => tf.slice(x, [1, 1], [2, 2])],
    ['gather', (x) => tf.gather(x, tf.tensor1d([2, 0], 'int32'))],
    ['concat', (x) => tf.concat([x, x])],
    ['stack', (x) => tf.stack([x, x])],
    ['unstack', (x) => tf.unstack(x)],
    ['split', (x) => tf.split(x, 2, 1)],
    ['tile', (x) => tf.tile(x, [2, 1])],
    ['reverse', (x) => tf.reverse(x, 0)],
    ['expandDims', (x) => tf.expandDims(x)],
    ['stridedSlice', (x) => tf.stridedSlice(x, [0, 0], [3, 4], [2, 2])],
  ];

  describe.each([
    ['inside', true],
    ['outside', false],
  ])('%s of the scope', (_, inside) => {
    it.each(moves)('goes through %s', (__, move) => {
      tf.tidy(() => {
        const y = make(dtype);
        const expected = [move(tf.tensor2d(rounded, [3, 4]))].flat();
        const moved = [inside ? autocast(policy, () => move(y)) : move(y)].flat();
        expect(moved.map((one) => one.dataSync())).toEqual(expected.map((one) => one.dataSync()));
        if (hasNativeOps()) expect(new Set(moved.map(nativeDType))).toEqual(new Set([dtype]));
      });
    });
  });

  it('is held by a variable', () => {
    const y = make(dtype);
    const variable = tf.variable(y);
    y.dispose();
    expect(variable.dataSync()).toEqual(rounded);
    variable.dispose();
  });

  it('is freed', async () => {
    expect(await countTensors(() => make(dtype).dispose())).toEqual(NO_GROWTH);
    expect(await countTensors(() => tf.tidy(() => void tf.clone(make(dtype))))).toEqual(NO_GROWTH);
  });
});
