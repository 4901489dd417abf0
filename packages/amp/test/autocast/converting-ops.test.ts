import type { OpCall } from '@fin/runtime';
import { attr, hasNativeOps, installInterceptor, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { PolicyOptions } from '../../src/index.js';
import { autocast, resetWideningReport, wideningReport } from '../../src/index.js';

/** The call of a `FinEncoder` as it leaves autocast, which another op then stands for. `refused` dtypes have no kernel. */
function callUnder(options: PolicyOptions, refused: readonly number[] = []): OpCall {
  const seen: OpCall[] = [];
  const installed = installInterceptor('encoder', (call, next) => {
    if (call.op !== 'FinEncoder') return next(call);
    if (refused.includes(call.attrs.find(({ name }) => name === 'T')?.value as number)) {
      throw new Error("Value for attr 'T' of half is not in the list of allowed values");
    }
    seen.push(call);
    return next({ ...call, op: 'Identity', attrs: [], inputs: [call.inputs[0]] });
  });
  tf.tidy(() => {
    const inputs = [tf.ones([5, 4]), tf.ones([4, 4]), tf.ones([4])];
    autocast(options, () =>
      rawOp('FinEncoder', inputs, { X: attr.type('float32'), T: attr.type('float32') }),
    );
  });
  installed.remove();
  return seen[0];
}

const typeOf = (call: OpCall, name: string) => call.attrs.find((one) => one.name === name)?.value;

describe.skipIf(!hasNativeOps())('an op that converts its inputs by itself', () => {
  const bfloat16 = attr.type('bfloat16').value;
  const float32 = attr.type('float32').value;

  it.each([
    ['low', {}, bfloat16],
    ['wide', {}, float32],
    ['low', { lists: { FinEncoder: 'float32' } }, float32],
  ] as const)(
    'is told the dtype to compute in, and nothing is cast: mode %s, %j',
    (mode, options, expected) => {
      const call = callUnder({ dtype: 'bfloat16', mode, ...options });
      expect([typeOf(call, 'T'), typeOf(call, 'X')]).toEqual([expected, float32]);
      expect(call.inputs.map(({ dtype }) => dtype)).toEqual(['float32', 'float32', 'float32']);
    },
  );

  it('computes in float32 where it has no kernel for the dtype', () => {
    resetWideningReport();
    const call = callUnder({ dtype: 'float16', mode: 'low' }, [attr.type('float16').value as number]);
    expect(typeOf(call, 'T')).toBe(float32);
    expect(wideningReport()).toMatchObject([
      { op: 'FinEncoder', reason: 'no low kernel', calls: 1, casts: 0 },
    ]);
    resetWideningReport();
  });
});
