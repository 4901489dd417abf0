import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { attr, countTensors, hasNativeOps, NO_GROWTH, RawOpError, rawOp } from '../../src/index.js';

const read = (tensors: tf.Tensor[]) => tensors.map((tensor) => tensor.arraySync());

const T = attr.type('float32');

describe.skipIf(!hasNativeOps())('rawOp', () => {
  it('passes ints, floats, bools, strings, types, shapes and lists', () => {
    tf.tidy(() => {
      const x = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
      expect(read(rawOp('Elu', [tf.scalar(1)], { T: attr.type('float32') }))).toEqual([1]);
      expect(read(rawOp('LeakyRelu', [tf.scalar(-1)], { alpha: attr.float(0.25) }))).toEqual([-0.25]);
      expect(
        read(
          rawOp('OneHot', [tf.scalar(1, 'int32'), tf.scalar(3, 'int32'), tf.scalar(1), tf.scalar(0)], {
            axis: attr.int(-1),
          }),
        ),
      ).toEqual([[0, 1, 0]]);
      expect(read(rawOp('Sum', [x, tf.tensor1d([0, 3], 'int32')], { keep_dims: attr.bool(false) }))).toEqual([
        [
          [1, 2],
          [3, 4],
        ],
      ]);
      const pool = {
        ksize: attr.intList([1, 2, 2, 1]),
        strides: attr.intList([1, 1, 1, 1]),
        padding: attr.string('VALID'),
      };
      expect(read(rawOp('MaxPool', [x], pool))).toEqual([[[[[4]]]]]);
      const bucketized = rawOp('Bucketize', [tf.tensor1d([0.5, 7])], { boundaries: attr.floatList([1, 5]) });
      expect(read(bucketized)).toEqual([[0, 2]]);
      const placeholder = rawOp('PlaceholderWithDefault', [x], { shape: attr.shape([-1, 2, 2, 1]) });
      expect(placeholder[0]!.shape).toEqual([1, 2, 2, 1]);
    });
  });

  it('returns every output', () => {
    tf.tidy(() => {
      const [values, indices] = rawOp('TopKV2', [tf.tensor1d([3, 1, 2]), tf.scalar(2, 'int32')], {}, 2);
      expect(read([values!, indices!])).toEqual([
        [3, 2],
        [0, 2],
      ]);
    });
  });

  it.each<[string, () => unknown, RegExp]>([
    ['an unknown op', () => rawOp('NoSuchOp', [], {}), /TensorFlow op "NoSuchOp": .*NoSuchOp/s],
    [
      'an unknown attribute',
      () => rawOp('Neg', [tf.scalar(1)], { T, nonsense: attr.int(1) }),
      /"Neg": it has no attribute "nonsense"; it has T\./,
    ],
    [
      'a wrong attribute type',
      () => rawOp('LeakyRelu', [tf.scalar(1)], { alpha: attr.string('x') }),
      /"LeakyRelu": .*alpha/s,
    ],
    ['a wrong dtype', () => rawOp('Neg', [tf.tensor1d(['text'])], {}), /"Neg": .*string/s],
    ['too few inputs', () => rawOp('AddV2', [tf.scalar(1)], {}), /"AddV2": .*do not match 1 inputs/s],
    [
      'too many inputs',
      () => rawOp('AddV2', [tf.scalar(1), tf.scalar(1), tf.scalar(1)], { T }),
      /"AddV2": it takes 2 inputs and was given 3 \(x:T, y:T -> z:T\)/,
    ],
    [
      'too many inputs for one that needs none named',
      () => rawOp('LeakyRelu', [tf.scalar(1), tf.scalar(1)], { T }),
      /it takes 1 inputs and was given 2/,
    ],
    [
      'too few outputs',
      () => rawOp('TopKV2', [tf.ones([3]), tf.scalar(1, 'int32')], {}),
      /Expecting 2 outputs/,
    ],
    ['a missing attribute', () => rawOp('Cast', [tf.scalar(1)], {}), /"Cast": .*DstT/s],
    [
      'shapes that do not fit',
      () => rawOp('MatMul', [tf.ones([2, 3]), tf.ones([2, 3])], {}),
      /"MatMul": .*In\[0\]/s,
    ],
  ])("names the op and passes on TensorFlow's words for %s", (_, call, message) => {
    tf.tidy(() => {
      expect(call).toThrow(RawOpError);
      expect(call).toThrow(message);
    });
  });

  it('takes lists of any length', () => {
    tf.tidy(() => {
      const parts = [1, 2, 3, 4].map((value) => tf.scalar(value));
      expect(read(rawOp('Pack', parts, { T, N: attr.int(4), axis: attr.int(0) }))).toEqual([[1, 2, 3, 4]]);
      expect(read(rawOp('AddN', parts, { T, N: attr.int(4) }))).toEqual([10]);
    });
  });

  it('checks a call whose form TensorFlow has run before', () => {
    tf.tidy(() => {
      const x = tf.ones([2, 2]);
      rawOp('MatMul', [x, x], { T });
      expect(() => rawOp('MatMul', [x, x, x], { T })).toThrow('it takes 2 inputs and was given 3');
      expect(() => rawOp('MatMul', [x], { T })).toThrow('expected 2 inputs');
      expect(() => rawOp('MatMul', [], { T })).toThrow(RawOpError);
    });
  });

  it('leaves nothing behind in 1,000 calls, failed ones included', async () => {
    const x = tf.ones([4, 4]);
    rawOp('Neg', [x], {})[0]!.dispose();
    const growth = await countTensors(() => {
      for (let i = 0; i < 1000; i++) {
        tf.dispose(rawOp('MatMul', [x, x], {}));
        if (i % 10 === 0) expect(() => rawOp('MatMul', [x, x, x], { T })).toThrow(RawOpError);
      }
    });
    expect(growth).toEqual(NO_GROWTH);
    x.dispose();
  });
});

describe.skipIf(hasNativeOps())('rawOp without the native backend', () => {
  it('says which backend there is', () => {
    expect(() => rawOp('Neg', [tf.scalar(1)], {})).toThrow(`the current one is "${tf.getBackend()}"`);
  });
});
