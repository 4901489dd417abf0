import { attr, castNative, hasNativeOps, nativeDType, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { autocast, Policy, resetWideningReport, wideningReport } from '../../src/index.js';
import { inputsOf, traceOps } from '../support/trace.js';

const low = new Policy({ dtype: 'bfloat16', mode: 'low' });
const wide = new Policy({ dtype: 'bfloat16', mode: 'wide' });

const dtypeOf = (policy: Policy, fn: () => tf.Tensor) => tf.tidy(() => nativeDType(autocast(policy, fn)));

describe.skipIf(!hasNativeOps())('what computes in which dtype', () => {
  let a: tf.Tensor2D;
  let b: tf.Tensor2D;

  beforeEach(() => {
    resetWideningReport();
    a = tf.fill([3, 4], 0.1);
    b = tf.fill([4, 5], 0.3);
  });
  afterEach(() => tf.dispose([a, b]));

  const product = () => tf.matMul(a, b);

  it.each<[string, string, () => tf.Tensor]>([
    ['a product', 'bfloat16', () => product()],
    ['a bias added to it', 'bfloat16', () => tf.add(product(), tf.ones([5]))],
    ['a bias that is not one, of rank 2', 'float32', () => tf.add(product(), tf.ones([1, 5]))],
    ['a scale of rank 1', 'float32', () => tf.mul(product(), tf.ones([5]))],
    ['a number added to it', 'bfloat16', () => tf.add(product(), 1)],
    ['two of them added', 'bfloat16', () => tf.add(product(), product())],
    ['float32 added', 'float32', () => tf.add(product(), tf.ones([3, 5]))],
    ['relu', 'bfloat16', () => tf.relu(product())],
    ['softmax', 'float32', () => tf.softmax(product())],
    ['its sum', 'float32', () => tf.sum(product())],
    ['its mean', 'float32', () => tf.mean(product())],
    ['moved', 'bfloat16', () => tf.transpose(tf.reshape(product(), [5, 3]))],
    ['beside float32', 'float32', () => tf.concat([product(), tf.ones([1, 5])])],
    ['beside itself', 'bfloat16', () => tf.stack([product(), product()])],
    ['float32 alone', 'float32', () => tf.mul(a, 2)],
    ['the product of its softmax', 'bfloat16', () => tf.matMul(tf.softmax(product()), b, false, true)],
  ])('%s: %s', (_, dtype, fn) => {
    expect(dtypeOf(low, fn)).toBe(dtype);
    expect(dtypeOf(wide, fn)).toBe('float32');
    expect(dtypeOf(new Policy({ enabled: false }), fn)).toBe('float32');
  });

  it('runs float16 as well', () => {
    expect(dtypeOf(low.with({ dtype: 'float16' }), product)).toBe('float16');
  });

  it('takes a policy with other lists', () => {
    const policy = low.with({ lists: { BatchMatMulV2: 'float32', Relu: 'lower' } });
    expect(dtypeOf(policy, product)).toBe('float32');
    expect(dtypeOf(policy, () => tf.relu(a))).toBe('bfloat16');
  });

  it('leaves integers, booleans and float64 alone', () => {
    const ops = traceOps(() =>
      tf.tidy(() =>
        autocast(low, () => {
          tf.matMul(tf.ones([2, 2], 'int32'), tf.ones([2, 2], 'int32'));
          const double = castNative(a, 'float64');
          rawOp('BatchMatMulV2', [double, double], { T: attr.type('float64'), adj_y: attr.bool(true) });
        }),
      ),
    );
    expect(inputsOf(ops, 'BatchMatMulV2')).toEqual(['int32 int32', 'float64 float64']);
  });

  it('runs a raw op in the low dtype that it names itself', () => {
    const erf = () =>
      tf.tidy(() => nativeDType(rawOp('Sqrt', [castNative(a, 'bfloat16')], T('bfloat16'))[0]));
    expect(autocast(low, erf)).toBe('bfloat16');
    const mixed = () =>
      tf.tidy(() => nativeDType(rawOp('Mul', [castNative(a, 'bfloat16'), a], T('bfloat16'))[0]));
    expect(autocast(low, mixed)).toBe('bfloat16');
  });

  it('does not cast the float32 statistics of a raw op that names a low dtype', () => {
    const ops = traceOps(() =>
      tf.tidy(() =>
        autocast(low, () => {
          const x = castNative(tf.ones([2, 3, 3, 4]), 'bfloat16');
          const [scale, offset] = [tf.ones([4]), tf.zeros([4])];
          const types = { T: attr.type('bfloat16'), U: attr.type('float32') };
          rawOp('FusedBatchNormV3', [x, scale, offset, tf.zeros([0]), tf.zeros([0])], types, 6);
        }),
      ),
    );
    expect(inputsOf(ops, 'FusedBatchNormV3')).toEqual(['bfloat16 float32 float32 float32 float32']);
  });

  it('sums in float32 even where a raw op names bfloat16', () => {
    const sums = tf.tidy(() => {
      const x = castNative(tf.fill([4096, 2], 0.5), 'bfloat16');
      return autocast(low, () => rawOp('BiasAddGrad', [x], T('bfloat16'))[0]);
    });
    expect([nativeDType(sums), ...sums.dataSync()]).toEqual(['float32', 2048, 2048]);
    sums.dispose();
  });

  it('widens and counts ops without a low kernel', () => {
    const x = castNative(tf.fill([2, 3], 0.5), 'bfloat16');
    const bincount = () =>
      tf.tidy(() => tf.bincount(tf.tensor1d([0, 1, 1, 0, 1, 1], 'int32'), tf.reshape(x, [6]), 2).arraySync());
    expect(autocast(low, bincount)).toEqual([1, 2]);
    expect(autocast(low, bincount)).toEqual([1, 2]);
    expect(wideningReport().find(({ op }) => op === 'Bincount')).toEqual({
      op: 'Bincount',
      reason: 'no low kernel',
      calls: 2,
      casts: 2,
      elements: 12,
    });
    x.dispose();
  });

  it('passes on the error of a call with wrong shapes', () => {
    expect(() => autocast(low, () => rawOp('BatchMatMulV2', [a, a], T('float32')))).toThrow(/BatchMatMulV2/);
    expect(dtypeOf(low, product)).toBe('bfloat16');
  });

  it('counts why inputs were widened', () => {
    tf.tidy(() => autocast(low, () => tf.add(tf.softmax(product()), product())));
    expect(wideningReport().map(({ op, reason, calls }) => [op, reason, calls])).toEqual([
      ['Softmax', 'float32 list', 1],
      ['Add', 'mixed inputs', 1],
    ]);
    tf.tidy(() => tf.square(autocast(low, product)));
    expect(wideningReport().at(-1)).toMatchObject({ op: 'Square', reason: 'outside autocast', calls: 1 });
    resetWideningReport();
    expect(wideningReport()).toEqual([]);
  });

  it('computes in float32 from low storage in mode wide', () => {
    const stored = castNative(b, 'bfloat16');
    const ops = traceOps(() => tf.tidy(() => autocast(wide, () => tf.matMul(a, stored))));
    expect(inputsOf(ops, 'BatchMatMulV2')).toEqual(['float32 float32']);
    expect(wideningReport()).toEqual([
      { op: 'BatchMatMulV2', reason: 'wide mode', calls: 1, casts: 1, elements: 20 },
    ]);
    stored.dispose();
  });
});

function T(dtype: 'bfloat16' | 'float32') {
  return { T: attr.type(dtype) };
}
