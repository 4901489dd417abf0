import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NativeDType } from '../../src/index.js';
import {
  attr,
  castNative,
  dtypeNumber,
  hasNativeOps,
  installInterceptor,
  memory,
  nativeDType,
  rawOp,
  releaseHandle,
  resetWidenedOps,
  widenedOps,
} from '../../src/index.js';

/** Representable in bfloat16 and float16 alike, so that rounding does not blur the comparison. */
const VALUES = [0, 1, -2, 0.5, 96, -0.375];

let alive = 0;
beforeEach(() => {
  alive = memory().native?.handles ?? 0;
});
afterEach(() => {
  expect(memory().native?.handles ?? 0).toBe(alive);
});

const low = (dtype: NativeDType, shape = [2, 3]) => castNative(tf.tensor(VALUES, shape), dtype);

describe.skipIf(!hasNativeOps()).each(['bfloat16', 'float16'] as const)('a %s tensor', (dtype) => {
  it('is read as the float32 values it holds', async () => {
    const [x, rounded] = tf.tidy(() => [low(dtype), castNative(tf.scalar(1 + 2 ** -9), dtype)]);
    expect([x!.dtype, nativeDType(x!)]).toEqual(['float32', dtype]);
    expect([...x!.dataSync()]).toEqual(VALUES);
    expect([...(await x!.data())]).toEqual(VALUES);
    expect(rounded!.arraySync()).toBe(dtype === 'bfloat16' ? 1 : 1 + 2 ** -9);
    tf.dispose([x!, rounded!]);
  });

  it('weighs half', () => {
    const before = memory().native!.bytes[dtype] ?? 0;
    const x = tf.tidy(() => low(dtype));
    expect(memory().native!.bytes[dtype]).toBe(before + 12);
    x.dispose();
    expect(memory().native!.bytes[dtype] ?? 0).toBe(before);
  });

  it.each<[string, (x: tf.Tensor) => tf.Tensor | tf.Tensor[]]>([
    ['clone', (x) => tf.clone(x)],
    ['reshape', (x) => tf.reshape(x, [3, 2])],
    ['expandDims', (x) => tf.expandDims(x, 1)],
    ['squeeze', (x) => tf.squeeze(tf.reshape(x, [1, 6]))],
    ['slice', (x) => tf.slice(x, [0, 1], [2, 2])],
    ['stridedSlice', (x) => tf.stridedSlice(x, [0, 0], [2, 3], [1, 2])],
    ['gather', (x) => tf.gather(x, tf.tensor1d([1, 0, 1], 'int32'))],
    ['gatherND', (x) => tf.gatherND(x, tf.tensor2d([[1, 2]], [1, 2], 'int32'))],
    ['transpose', (x) => tf.transpose(x)],
    ['concat', (x) => tf.concat([x, x], 1)],
    ['stack', (x) => tf.stack([x, x])],
    ['unstack', (x) => tf.unstack(x)],
    ['split', (x) => tf.split(x, [1, 2], 1)],
    ['tile', (x) => tf.tile(x, [2, 1])],
    ['reverse', (x) => tf.reverse(x, 1)],
  ])('stays so through %s', (_, move) => {
    const moved = tf.tidy(() => [move(low(dtype))].flat());
    const expected = tf.tidy(() => [move(tf.tensor(VALUES, [2, 3]))].flat());
    expect(moved.map(nativeDType)).toEqual(expected.map(() => dtype));
    expect(moved.map((x) => x.arraySync())).toEqual(expected.map((x) => x.arraySync()));
    tf.dispose([moved, expected]);
  });

  it.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    ['add with float32', (x) => tf.add(x, tf.ones([2, 3]))],
    ['add with itself', (x) => tf.add(x, x)],
    ['concat with float32', (x) => tf.concat([x, tf.ones([1, 3])])],
    ['matMul', (x) => tf.matMul(x, tf.ones([3, 2]))],
    ['softmax', (x) => tf.softmax(x)],
    ['sum', (x) => tf.sum(x, 1)],
    ['exp', (x) => tf.exp(tf.mul(x, 0.01))],
    ['where', (x) => tf.where(tf.greater(x, 0), x, tf.zerosLike(x))],
    [
      'pad',
      (x) =>
        tf.pad(x, [
          [1, 0],
          [0, 1],
        ]),
    ],
    ['cast to int32', (x) => tf.cast(x, 'int32')],
    ['cast to bool', (x) => tf.cast(x, 'bool')],
    ['cast to float32', (x) => tf.cast(x, 'float32')],
    ['oneHot of a cast', (x) => tf.oneHot(tf.argMax(x, 1), 3)],
    ['topk', (x) => tf.topk(x, 2).values],
    ['erf', (x) => tf.erf(x)],
  ])('is widened by %s', (_, compute) => {
    const [fromLow, fromWide] = tf.tidy(() => [compute(low(dtype)), compute(tf.tensor(VALUES, [2, 3]))]);
    expect(nativeDType(fromLow!)).toBe(fromWide!.dtype);
    expect(fromLow!.dtype).toBe(fromWide!.dtype);
    expect(fromLow!.arraySync()).toEqual(fromWide!.arraySync());
    tf.dispose([fromLow!, fromWide!]);
  });

  it('is counted where it was widened', () => {
    resetWidenedOps();
    tf.tidy(() => {
      const x = low(dtype);
      tf.exp(x);
      tf.exp(x);
      tf.reshape(x, [6]);
      tf.sum(tf.cast(x, 'float32'));
    });
    expect([...widenedOps()]).toEqual([['Exp', 2]]);
  });

  it('lets gradients through, in the dtype of what was cast', () => {
    const x = tf.tensor1d(VALUES);
    const seen: NativeDType[] = [];
    const spy = tf.customGrad((input) => ({
      value: tf.clone(input as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => {
        seen.push(nativeDType(dy));
        return tf.clone(dy);
      },
    }));
    const dx = tf.tidy(() => tf.grad((input) => tf.sum(tf.square(castNative(spy(input), dtype))))(x));
    expect(seen).toEqual(['float32']);
    expect([...dx.dataSync()]).toEqual(VALUES.map((value) => 2 * value));
    tf.dispose([x, dx]);
  });

  it('can be a variable and be assigned to one', () => {
    const variable = tf.tidy(() => tf.variable(low(dtype)));
    expect(nativeDType(variable)).toBe(dtype);
    tf.tidy(() => variable.assign(tf.ones([2, 3])));
    expect([nativeDType(variable), variable.dataSync()[0]]).toEqual(['float32', 1]);
    tf.tidy(() => variable.assign(low(dtype)));
    expect([nativeDType(variable), variable.dataSync()[2]]).toEqual([dtype, -2]);
    variable.dispose();
  });

  it('computes low where a raw op says so', () => {
    const product = tf.tidy(() => {
      const [a, b] = [low(dtype), low(dtype, [3, 2])];
      return rawOp('MatMul', [a, b], { T: attr.type(dtype) })[0]!;
    });
    expect(nativeDType(product)).toBe(dtype);
    const wide = tf.tidy(() => tf.matMul(tf.tensor2d(VALUES, [2, 3]), tf.tensor2d(VALUES, [3, 2])));
    allClose(product.dataSync(), wide.dataSync(), { rtol: 2 ** -7 }); // one rounding of bfloat16
    tf.dispose([product, wide]);
  });

  it('computes low where an interceptor says so: autocast in twenty lines', () => {
    const autocast = installInterceptor('autocast', (call, next) => {
      if (call.op !== 'BatchMatMulV2') return next(call);
      const cast = (input: (typeof call.inputs)[number]) =>
        next({
          op: 'Cast',
          attrs: [
            { name: 'SrcT', ...attr.type(input.dtype) },
            { name: 'DstT', ...attr.type(dtype) },
            { name: 'Truncate', ...attr.bool(false) },
          ],
          inputs: [input],
          nOutputs: 1,
        })[0]!;
      const inputs = call.inputs.map(cast);
      const attrs = call.attrs.map((a) => (a.name === 'T' ? { ...a, value: dtypeNumber(dtype) } : a));
      try {
        return next({ ...call, attrs, inputs });
      } finally {
        inputs.forEach(releaseHandle);
      }
    });
    const product = tf.tidy(() => tf.matMul(tf.tensor2d(VALUES, [2, 3]), tf.tensor2d(VALUES, [3, 2])));
    autocast.remove();
    expect([product.dtype, nativeDType(product)]).toEqual(['float32', dtype]);
    product.dispose();
  });

  it('frees what it widened when the op fails', () => {
    const [x, wide] = tf.tidy(() => [low(dtype), tf.ones([9, 9])]);
    expect(() => rawOp('MatMul', [x!, wide!], { T: attr.type('float32') })).toThrow('incompatible');
    tf.dispose([x!, wide!]);
  });
});

describe.skipIf(!hasNativeOps())('dtypes that tfjs has no name for', () => {
  it.each(['float64', 'int8', 'uint8', 'int16', 'int64', 'uint16'] as const)(
    '%s is stored and read',
    (dtype) => {
      const [x, back] = tf.tidy(() => {
        const values = dtype === 'float64' ? tf.tensor1d([1, 2, 100]) : tf.tensor1d([1, 2, 100], 'int32');
        const stored = castNative(values, dtype);
        return [stored, tf.add(stored, values)];
      });
      expect(nativeDType(x!)).toBe(dtype);
      expect([...x!.dataSync()]).toEqual([1, 2, 100]);
      expect([...back!.dataSync()]).toEqual([2, 4, 200]);
      tf.dispose([x!, back!]);
    },
  );
});

describe.skipIf(hasNativeOps())('without native ops', () => {
  it('castNative does nothing for the same dtype and refuses another', () => {
    tf.tidy(() => {
      expect(castNative(tf.scalar(1), 'float32').arraySync()).toBe(1);
      expect(() => castNative(tf.scalar(1), 'bfloat16')).toThrow('raw ops need the native backend');
    });
  });
});
