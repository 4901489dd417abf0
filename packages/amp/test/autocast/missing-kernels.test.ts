import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpCall } from '@fin/runtime';
import {
  attr,
  castNative,
  countTensors,
  hasNativeOps,
  installedInterceptors,
  installInterceptor,
  NO_GROWTH,
  nativeDType,
  rawOp,
} from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it, vi } from 'vitest';
import { autocast, decideAmpMode, Policy } from '../../src/index.js';

const low = new Policy({ dtype: 'bfloat16', mode: 'low' });
const OUT_OF_MEMORY =
  'Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[3,5] and type bfloat16';

/** Makes the calls that match fail once with an error of TensorFlow's, while `fn` runs. */
function failingOnce<T>(message: string, matches: (call: OpCall) => boolean, fn: () => T): T {
  let failed = false;
  const installation = installInterceptor('failing', (call, next) => {
    if (failed || !matches(call)) return next(call);
    failed = true;
    throw new Error(message);
  });
  try {
    return fn();
  } finally {
    installation.remove();
    expect(failed).toBe(true);
  }
}

const isLow = ({ inputs }: OpCall) => inputs.some(({ dtype }) => dtype === 'bfloat16');

describe.runIf(hasNativeOps())('a low call that fails', () => {
  const product = () => tf.matMul(tf.fill([3, 4], 0.1), tf.fill([4, 5], 0.3));
  const dtypeOf = (fn: () => tf.Tensor) => tf.tidy(() => nativeDType(autocast(low, fn)));

  it('for lack of memory fails with that error, and is computed low the next time', async () => {
    const growth = await countTensors(() => {
      const failing = () =>
        failingOnce(
          OUT_OF_MEMORY,
          (call) => call.op === 'BatchMatMulV2' && isLow(call),
          () => dtypeOf(product),
        );
      expect(failing).toThrow('OOM when allocating');
      expect(dtypeOf(product)).toBe('bfloat16');
    });
    expect(growth).toEqual(NO_GROWTH);
    expect(installedInterceptors()).not.toContain('autocast');
  });

  it('for lack of memory in a raw op that names its dtype is not taken for one that needs casts', () => {
    tf.tidy(() => {
      const x = castNative(tf.ones([4]), 'bfloat16');
      const sqrt = () => autocast(low, () => rawOp('Sqrt', [x], { T: attr.type('bfloat16') })[0]);
      expect(() => failingOnce(OUT_OF_MEMORY, ({ op }) => op === 'Sqrt', sqrt)).toThrow('OOM');
      expect(nativeDType(sqrt())).toBe('bfloat16');
    });
  });

  it.each<[string, string, (x: tf.Tensor) => tf.Tensor]>([
    ["Value for attr 'T' of bfloat16 is not in the list of allowed values: float", 'Relu', tf.relu],
    ['Could not find device for node: {{node Abs}} = Abs[T=DT_BFLOAT16]', 'Abs', tf.abs],
    ["No OpKernel was registered to support Op 'Square'", 'Square', tf.square],
  ])('with "%s" is computed in float32, and not tried again', (message, op, compute) => {
    const policy = low.with({ lists: { [op]: 'lower' } });
    let tries = 0;
    const refusing = installInterceptor('refusing', (call, next) => {
      if (call.op !== op || !isLow(call)) return next(call);
      tries++;
      throw new Error(message);
    });
    try {
      for (let turn = 0; turn < 2; turn++) {
        expect(tf.tidy(() => nativeDType(autocast(policy, () => compute(tf.ones([2])))))).toBe('float32');
      }
    } finally {
      refusing.remove();
    }
    expect(tries).toBe(1);
  });

  it('while the machine is measured fails with that error and is not remembered', () => {
    const cache = mkdtempSync(join(tmpdir(), 'fin-amp-test-'));
    vi.stubEnv('FIN_CACHE_DIR', cache);
    vi.stubEnv('FIN_AMP_MODE', '');
    try {
      const measure = () =>
        failingOnce(
          OUT_OF_MEMORY,
          ({ op, inputs }) => op === 'BatchMatMulV2' && inputs[0].dtype === 'float16',
          () => decideAmpMode('float16'),
        );
      expect(measure).toThrow('OOM when allocating');
      expect(decideAmpMode('float16')).toMatchObject({ source: 'probe' });
      expect(decideAmpMode('float16').speedup).toBeGreaterThan(0);
    } finally {
      vi.unstubAllEnvs();
      rmSync(cache, { recursive: true });
    }
  });
});
