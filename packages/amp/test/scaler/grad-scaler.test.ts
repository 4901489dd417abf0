import { castNative, countTensors, hasNativeOps, NO_GROWTH, nativeDType } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { AmpInputError, GradScaler, GradScalerError, precisionPolicy } from '../../src/index.js';

const optimizer = { step: () => undefined };
const finite = () => ({ w: tf.tensor1d([2, 4]) });
const infinite = () => ({ w: tf.tensor1d([2, Number.POSITIVE_INFINITY]) });

function scaled(options = {}): GradScaler {
  const scaler = new GradScaler(options);
  tf.tidy(() => scaler.scale(tf.scalar(1)));
  return scaler;
}

describe('a GradScaler', () => {
  it('begins with the settings of torch', () => {
    expect(new GradScaler().stateDict()).toEqual({
      scale: 65536,
      growth_factor: 2,
      backoff_factor: 0.5,
      growth_interval: 2000,
      _growth_tracker: 0,
    });
  });

  it('scales a loss, and its gradient with it', () => {
    const scaler = new GradScaler();
    const [value, gradient] = tf.tidy(() => {
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => scaler.scale(tf.square(x)))(tf.scalar(3));
      return [value.arraySync(), grad.arraySync()] as never;
    }) as unknown as [number, number];
    expect([value, gradient]).toEqual([9 * 65536, 6 * 65536]);
  });

  it('unscales into float32 tensors of the same form and leaves those given alone', async () => {
    const scaler = scaled({ initScale: 8 });
    const growth = await countTensors(() =>
      tf.tidy(() => {
        const grads = finite();
        expect(scaler.unscale(optimizer, grads).w.arraySync()).toEqual([0.25, 0.5]);
        expect(grads.w.arraySync()).toEqual([2, 4]);
        const list = [tf.scalar(16), tf.tensor1d([8])];
        expect(scaler.unscale({}, list).map((one) => one.arraySync())).toEqual([2, [1]]);
      }),
    );
    expect(growth).toEqual(NO_GROWTH);
  });

  it.runIf(hasNativeOps())('finds what overflowed in float16 gradients, and widens them', () => {
    tf.tidy(() => {
      const scaler = scaled({ initScale: 8 });
      const fine = { w: castNative(tf.tensor1d([2, 4]), 'float16') };
      const { w } = scaler.unscale(optimizer, fine);
      expect([nativeDType(w), ...w.dataSync()]).toEqual(['float32', 0.25, 0.5]);
      const over = { w: castNative(tf.tensor1d([1, 1e6]), 'float16') };
      expect(scaler.step({}, over, () => undefined)).toBe(false);
    });
  });

  it('steps an optimizer of either kind, or by a function, with unscaled gradients', () => {
    tf.tidy(() => {
      const seen: unknown[] = [];
      const note = (gradients: Readonly<Record<string, tf.Tensor>>) => seen.push(gradients.w.arraySync());
      const scaler = scaled({ initScale: 2 });
      expect(scaler.step({ step: note }, finite())).toBe(true);
      expect(scaler.step({ applyGradients: note }, finite())).toBe(true);
      expect(scaler.step({}, finite(), note)).toBe(true);
      expect(seen).toEqual(Array(3).fill([1, 2]));
      expect(() => scaler.step({} as never, finite())).toThrow(GradScalerError);
    });
  });

  it.each([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN])('skips a step with %s', (bad) => {
    tf.tidy(() => {
      const scaler = scaled();
      let steps = 0;
      const grads = { a: tf.tensor1d([1, 2]), b: tf.tensor2d([[3, bad]]) };
      expect(scaler.step({ step: () => steps++ }, grads)).toBe(false);
      scaler.update();
      expect([steps, scaler.getScale()]).toEqual([0, 32768]);
    });
  });

  it('lets one optimizer step where another is skipped, and backs off', () => {
    tf.tidy(() => {
      const scaler = scaled();
      expect(scaler.step({ step: () => undefined }, finite())).toBe(true);
      expect(scaler.step({ step: () => undefined }, infinite())).toBe(false);
      scaler.update();
      expect(scaler.getScale()).toBe(32768);
    });
  });

  it('grows after enough good steps in a row', () => {
    tf.tidy(() => {
      const scaler = scaled({ growthInterval: 2 });
      const scales = [finite, finite, finite, infinite, finite, finite].map((grads) => {
        scaler.step(optimizer, grads());
        scaler.update();
        return scaler.getScale() / 65536;
      });
      expect(scales).toEqual([1, 2, 2, 1, 1, 2]);
    });
  });

  it.each<[string, (scaler: GradScaler) => unknown]>([
    ['step before a loss was scaled', () => new GradScaler().step(optimizer, finite())],
    ['update before a loss was scaled', () => new GradScaler().update()],
    ['unscale before a loss was scaled', () => new GradScaler().unscale(optimizer, finite())],
    ['unscale twice', (s) => [s.unscale(optimizer, finite()), s.unscale(optimizer, finite())]],
    ['unscale after step', (s) => [s.step(optimizer, finite()), s.unscale(optimizer, finite())]],
    ['step twice', (s) => [s.step(optimizer, finite()), s.step(optimizer, finite())]],
    ['step without gradients', (s) => s.step(optimizer, {})],
    ['update without a step', (s) => s.update()],
    ['update twice', (s) => [s.step(optimizer, finite()), s.update(), s.update()]],
    ['an empty state', (s) => s.loadStateDict({})],
  ])('refuses %s', (_, misuse) => {
    tf.tidy(() => {
      expect(() => misuse(scaled())).toThrow(GradScalerError);
    });
  });

  it.each([
    { growthFactor: 1 },
    { growthFactor: Number.NaN },
    { growthFactor: Number.POSITIVE_INFINITY },
    { backoffFactor: 1 },
    { backoffFactor: 0 },
    { backoffFactor: -0.5 },
    { backoffFactor: Number.NaN },
    { initScale: 0 },
    { initScale: -5 },
    { initScale: Number.NaN },
    { initScale: 1e300 },
    { initScale: '1024' as never },
    { growthInterval: 0 },
    { growthInterval: 1.5 },
    { growthInterval: Number.NaN },
  ])('refuses %o, naming the field', (options) => {
    const [field] = Object.keys(options);
    expect(() => new GradScaler(options)).toThrow(AmpInputError);
    expect(() => new GradScaler(options)).toThrow(`${field} is `);
    expect(() => new GradScaler({ ...options, enabled: false })).not.toThrow();
  });

  it.each([
    { scale: 0 },
    { scale: Number.NaN },
    { scale: undefined },
    { growth_factor: 1 },
    { backoff_factor: 2 },
    { growth_interval: '2000' },
    { _growth_tracker: -1 },
  ])('refuses a state with %o, and stays as it was', (change) => {
    const scaler = scaled({ growthInterval: 3 });
    const before = scaler.stateDict();
    const state = { ...scaler.stateDict(), ...change } as never;
    expect(() => scaler.loadStateDict(state)).toThrow(AmpInputError);
    expect(() => scaler.loadStateDict(state)).toThrow(`${Object.keys(change)[0]} is `);
    expect(scaler.stateDict()).toEqual(before);
  });

  it('stops with an explanation when the scale has fallen to 0', () => {
    tf.tidy(() => {
      const scaler = scaled({ initScale: 2 ** -148 });
      const skip = () => {
        expect(scaler.step(optimizer, infinite())).toBe(false);
        scaler.update();
      };
      skip();
      expect(scaler.getScale()).toBe(2 ** -149);
      expect(skip).toThrow(/the scale has fallen to 0.*gradient/);
    });
  });

  it.runIf(hasNativeOps())('refuses float16 parameters', () => {
    const w = tf.tidy(() => tf.variable(castNative(tf.ones([2]), 'float16'), true, 'half'));
    tf.tidy(() => {
      expect(() => scaled().unscale(optimizer, { half: tf.ones([2]) })).toThrow(/half is float16/);
    });
    w.dispose();
  });

  it('passes everything through where it is off, as with bfloat16', () => {
    tf.tidy(() => {
      const scaler = new GradScaler({ enabled: precisionPolicy('bf16').needsScaler });
      const loss = tf.scalar(3);
      expect(scaler.enabled).toBe(false);
      expect(scaler.scale(loss)).toBe(loss);
      let steps = 0;
      expect(scaler.step({ step: () => steps++ }, infinite())).toBe(true);
      expect(scaler.step({ step: () => steps++ }, infinite())).toBe(true);
      scaler.update();
      scaler.loadStateDict({});
      expect([steps, scaler.getScale(), scaler.stateDict()]).toEqual([2, 1, {}]);
      expect(scaler.unscale(optimizer, finite()).w.arraySync()).toEqual([2, 4]);
    });
    expect(precisionPolicy('fp16').needsScaler).toBe(true);
    expect(precisionPolicy('fp32').needsScaler).toBe(false);
  });

  it('goes on from its state', () => {
    tf.tidy(() => {
      const scaler = scaled({ growthInterval: 3 });
      for (let i = 0; i < 2; i++) {
        scaler.step(optimizer, finite());
        scaler.update();
      }
      const next = new GradScaler();
      next.loadStateDict(JSON.parse(JSON.stringify(scaler.stateDict())));
      expect(next.stateDict()).toEqual(scaler.stateDict());
      next.scale(tf.scalar(1));
      next.step(optimizer, finite());
      next.update();
      expect(next.getScale()).toBe(131072);
    });
  });
});
