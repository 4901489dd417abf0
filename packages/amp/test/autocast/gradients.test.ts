import { attr, hasNativeOps, nativeDType, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { autocast, Policy, toLowPrecision } from '../../src/index.js';
import type { TracedOp } from '../support/trace.js';
import { inputsOf, outputsOf, traceOps } from '../support/trace.js';

const low = new Policy({ dtype: 'bfloat16', mode: 'low' });
const wide = new Policy({ dtype: 'bfloat16', mode: 'wide' });
const off = new Policy({ enabled: false });

const x = tf.randomNormal<tf.Rank.R2>([80, 64], 0, 1, 'float32', 1);
const w = tf.variable(tf.randomNormal<tf.Rank.R2>([64, 72], 0, 1, 'float32', 2));
const v = tf.variable(tf.randomNormal<tf.Rank.R2>([72, 8], 0, 1, 'float32', 3));
afterAll(() => tf.dispose([x, w, v]));

/** Results of x w, (x w) v, the gradients of that, the gradient of w. */
const OUTER_LOW = ['bfloat16', 'float32', 'float32', 'float32', 'bfloat16'];

function backward(f: () => tf.Tensor): TracedOp[] {
  return traceOps(() => tf.dispose(tf.variableGrads(() => tf.tidy(() => tf.sum(f()) as tf.Scalar)) as never));
}

describe.skipIf(!hasNativeOps())('gradients', () => {
  it('run low if the forward op did, whatever tfjs saved', () => {
    const ops = backward(() => autocast(low, () => tf.matMul(tf.relu(tf.matMul(x, w)), v)));
    // Two forward, two backward for v and w, one for what lies between.
    expect(inputsOf(ops, 'BatchMatMulV2')).toEqual(Array(5).fill('bfloat16 bfloat16'));
  });

  it('run low where the gradient function reads the variable itself', () => {
    const linear = tf.customGrad((input, save) => {
      (save as tf.GradSaveFunc)([input as tf.Tensor]);
      return {
        value: tf.matMul(input as tf.Tensor2D, w),
        gradFunc: (dy: tf.Tensor) => tf.matMul(dy as tf.Tensor2D, w, false, true),
      };
    });
    const ops = traceOps(() => {
      const gradient = tf.grad((input: tf.Tensor) => tf.sum(autocast(low, () => linear(input))))(x);
      gradient.dispose();
    });
    expect(inputsOf(ops, 'BatchMatMulV2')).toEqual(Array(2).fill('bfloat16 bfloat16'));
  });

  it('of one tensor are added in their own dtype', () => {
    const twice = (input: tf.Tensor) => {
      const inner = tf.matMul(input as tf.Tensor2D, w); // used twice: its two gradients are summed
      return tf.add(tf.matMul(inner, v), tf.matMul(inner, v));
    };
    const sums = (policy: Policy) => {
      const ops = traceOps(() =>
        tf
          .grad((input) => tf.sum(autocast(policy, () => twice(input))))(x)
          .dispose(),
      );
      return ops
        .filter(({ op }) => op === 'Add')
        .map(({ inputs, outputs }) => [...inputs, ...outputs].join(' '));
    };
    expect(sums(low)).toEqual(Array(2).fill('bfloat16 bfloat16 bfloat16')); // forward, and of the gradients
    expect(sums(wide)).toEqual(Array(2).fill('float32 float32 float32'));
  });

  it('run in float32 where the forward op was on an island', () => {
    const ops = backward(() =>
      autocast(low, () => {
        const inner = tf.matMul(x, w);
        return autocast(off, () => tf.matMul(inner, v));
      }),
    );
    expect(outputsOf(ops, 'BatchMatMulV2')).toEqual(OUTER_LOW);
  });

  it('run in float32 where the forward op was outside of the scope', () => {
    const ops = backward(() => {
      const inner = autocast(low, () => tf.matMul(x, w));
      return tf.matMul(inner, v);
    });
    expect(outputsOf(ops, 'BatchMatMulV2')).toEqual(OUTER_LOW);
  });

  it('run low when differentiated inside of the scope', () => {
    const ops = traceOps(() =>
      autocast(low, () => tf.dispose(tf.variableGrads(() => tf.sum(tf.matMul(x, w)) as tf.Scalar) as never)),
    );
    expect(inputsOf(ops, 'BatchMatMulV2')).toEqual(Array(2).fill('bfloat16 bfloat16'));
  });

  it('compute in float32 from low saved tensors in mode wide', () => {
    const ops = backward(() => autocast(wide, () => tf.matMul(tf.relu(tf.matMul(x, w)), v)));
    expect(inputsOf(ops, 'BatchMatMulV2')).toEqual(Array(5).fill('float32 float32'));
    const casts = ops.filter(({ op, inputs }) => op === 'Cast' && inputs[0] === 'bfloat16');
    expect(casts).toHaveLength(2); // the product for relu's gradient, relu's result for the gradient of v
  });

  it('are float32 for master weights where that is asked of them, low only as stored', () => {
    const { value, grads } = tf.variableGrads(() =>
      autocast(low, () => tf.sum(tf.matMul(x, w)) as tf.Scalar),
    );
    const gradient = grads[w.name];
    expect([gradient.dtype, nativeDType(w), nativeDType(gradient)]).toEqual([
      'float32',
      'float32',
      'bfloat16',
    ]);
    tf.dispose([value, grads] as never);
  });

  it('of second order run low, too', () => {
    const f = (input: tf.Tensor) =>
      tf.sum(autocast(low, () => tf.square(tf.matMul(input as tf.Tensor2D, w))));
    const inner = tf.grad(f);
    const ops = traceOps(() => {
      const second = tf.grad((input: tf.Tensor) => tf.sum(tf.square(inner(input))))(x);
      second.dispose();
    });
    expect(new Set(inputsOf(ops, 'BatchMatMulV2'))).toEqual(new Set(['bfloat16 bfloat16']));
  });

  it('are cast once for both gradients of a product', () => {
    const ops = backward(() => autocast(low, () => tf.matMul(tf.exp(tf.matMul(x, w)), v)));
    const products = ops.filter(({ op }) => op === 'BatchMatMulV2').length;
    const narrowing = ops.filter(
      ({ op, inputs, outputs }) => op === 'Cast' && inputs[0] === 'float32' && outputs[0] === 'bfloat16',
    );
    expect(products).toBe(5);
    // x, w, the exponential, v; dy of either product; x again.
    expect(narrowing.length).toBeLessThanOrEqual(7);
  });

  it('of frozen low weights need no cast of these', () => {
    const frozen = tf.variable(tf.randomNormal<tf.Rank.R2>([64, 72]), false);
    toLowPrecision({ namedParameters: () => new Map([['weight', frozen as tf.Variable]]) });
    const ops = traceOps(() => {
      const gradient = tf.grad((input: tf.Tensor) =>
        tf.sum(autocast(low, () => tf.matMul(input as tf.Tensor2D, frozen))),
      )(x);
      gradient.dispose();
    });
    expect(inputsOf(ops, 'BatchMatMulV2')).toEqual(Array(2).fill('bfloat16 bfloat16'));
    expect(ops.filter(({ op, inputs }) => op === 'Cast' && inputs[0] === 'bfloat16')).toEqual([]);
    frozen.dispose();
  });

  it('leave raw ops of the backward pass the dtype they name', () => {
    const bias = tf.variable(tf.ones([72]));
    const linear = tf.customGrad((b) => ({
      value: tf.add(tf.matMul(x, w), b as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => rawOp('BiasAddGrad', [dy], { T: attr.type(nativeDType(dy)) })[0],
    }));
    const gradient = tf.grad((b: tf.Tensor) => tf.sum(autocast(low, () => tf.relu(linear(b)))))(bias);
    const columns = tf.tidy(() => tf.sum(tf.step(tf.add(tf.matMul(x, w), bias)), 0).dataSync());
    expect(Math.max(...gradient.dataSync().map((sum, i) => Math.abs(sum - columns[i])))).toBeLessThanOrEqual(
      1,
    );
    tf.dispose([gradient, bias]);
  });

  it('leave sums of low tensors alone once the backward pass has ended', () => {
    backward(() => autocast(low, () => tf.matMul(x, w)));
    const ops = traceOps(() =>
      tf.tidy(() => {
        const product = autocast(low, () => tf.matMul(x, w));
        expect(nativeDType(product)).toBe('bfloat16');
        tf.add(product, product);
      }),
    );
    expect(outputsOf(ops, 'Add')).toEqual(['float32']);
  });
});
