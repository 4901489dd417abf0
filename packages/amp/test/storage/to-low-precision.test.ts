import { countTensors, hasNativeOps, NO_GROWTH, nativeDType, parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { roundToLow } from '../../src/emulation/round-to-low.js';
import { autocast, toLowPrecision } from '../../src/index.js';
import { MODES } from '../support/modes.js';
import { relativeError } from '../support/relative-error.js';

let parameters: Map<string, tf.Variable>;
const module = { namedParameters: () => parameters };

beforeEach(() => {
  parameters = new Map([
    ['weight', parameter('weight', tf.randomNormal([64, 32], 0, 1, 'float32', 1), false)],
    ['bias', parameter('bias', tf.randomNormal([32], 0, 1, 'float32', 2), false)],
    ['head.weight', parameter('head.weight', tf.randomNormal([32, 8], 0, 1, 'float32', 3), true)],
  ]);
});
afterEach(() => tf.dispose([...parameters.values()]));

describe.each(['bfloat16', 'float16'] as const)('weights stored as %s', (dtype) => {
  it('are the frozen matrices', async () => {
    const weight = parameters.get('weight')!;
    const before = weight.dataSync() as Float32Array;
    const half = hasNativeOps() ? 2 : 1;
    tf.tidy(() => void tf.square(weight)); // tfjs hands values over at their first use
    const growth = await countTensors(() => {
      expect(toLowPrecision(module, { dtype })).toEqual({
        names: ['weight'],
        bytesBefore: 64 * 32 * 4,
        bytesAfter: (64 * 32 * 4) / half,
      });
    });
    expect(growth).toEqual(NO_GROWTH);
    expect(parameters.get('weight')).toBe(weight);
    expect(weight.dataSync()).toEqual(roundToLow(before, dtype));
    const dtypes = [...parameters.values()].map(nativeDType);
    expect(dtypes).toEqual(hasNativeOps() ? [dtype, 'float32', 'float32'] : Array(3).fill('float32'));
  });

  it('are those asked for, but never trainable ones', () => {
    expect(toLowPrecision(module, { dtype, include: () => true }).names).toEqual(['weight', 'bias']);
    if (hasNativeOps()) expect(toLowPrecision(module, { dtype }).names).toEqual([]);
  });

  it('compute as rounded ones do, under autocast and without', () => {
    const x = tf.randomNormal<tf.Rank.R2>([16, 64], 0, 1, 'float32', 4);
    const compute = () =>
      tf.tidy(() =>
        tf
          .add(tf.matMul(x, parameters.get('weight') as tf.Variable<tf.Rank.R2>), parameters.get('bias')!)
          .dataSync(),
      );
    const exact = compute();
    toLowPrecision(module, { dtype });
    expect(relativeError(compute(), exact)).toBeLessThan(1e-2);
    for (const mode of MODES) {
      expect(relativeError(autocast({ dtype, mode }, compute), exact)).toBeLessThan(2e-2);
    }
    x.dispose();
  });
});
