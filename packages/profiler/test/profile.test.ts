import { attr, hasNativeOps, installedInterceptors, installInterceptor, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { chromeTrace, keyAverages, ProfilerError, profile, recordFunction } from '../src/index.js';

describe.skipIf(hasNativeOps())('without native TensorFlow', () => {
  it('says that it cannot, and what to do', async () => {
    await expect(profile(() => 1)).rejects.toThrow(/fin-runtime install/);
  });
});

describe.skipIf(!hasNativeOps())('on native TensorFlow', () => {
  const product = () => tf.tidy(() => tf.matMul(tf.ones([8, 16]), tf.ones([16, 4])).dataSync()[0]);

  it('sees the ops, their shapes, bytes and floating-point operations', async () => {
    const { result, events } = await profile(product);
    expect(result).toBe(16);
    const [matmul] = events.filter(({ name }) => name.includes('MatMul'));
    expect(matmul.shapes.map((shape) => shape.slice(-2))).toEqual([
      [8, 16],
      [16, 4],
    ]);
    expect(matmul).toMatchObject({ kind: 'op', outputBytes: 8 * 4 * 4, flops: 2 * 8 * 16 * 4 });
    expect(matmul.duration).toBeGreaterThan(0);
  });

  it('sees the backward pass, whose operands lie the other way round', async () => {
    const [x, w] = [tf.ones([8, 16]), tf.variable(tf.ones([16, 4]))];
    const { events } = await profile(() =>
      tf.tidy(() => {
        tf.variableGrads(() => tf.sum<tf.Scalar>(tf.matMul(x, w)));
      }),
    );
    const flops = events.filter((event) => event.flops !== null).map((event) => event.flops);
    expect(flops).toEqual([2 * 8 * 16 * 4, 2 * 8 * 16 * 4]);
    tf.dispose([x, w]);
  });

  it('counts the products inside an encoder op', async () => {
    const installed = installInterceptor('encoder', (call, next) =>
      call.op === 'FinEncoder'
        ? next({ ...call, op: 'Identity', inputs: [call.inputs[0]], attrs: [] })
        : next(call),
    );
    const { events } = await profile(() =>
      tf.tidy(() => {
        const inputs = [
          tf.ones([5, 4]),
          tf.tensor1d([0, 5], 'int32'),
          tf.ones([4, 4]),
          tf.ones([8, 4]),
          tf.ones([4]),
        ];
        rawOp('FinEncoder', inputs, { N: attr.int(2), M: attr.int(1) });
      }),
    );
    installed.remove();
    expect(events.find(({ name }) => name === 'FinEncoder')?.flops).toBe(2 * 5 * (4 * 4 + 8 * 4));
  });

  it('gives a range the time of what is inside it, and itself only the rest', async () => {
    const { events } = await profile(() => recordFunction('outer', () => recordFunction('inner', product)));
    const [outer, inner] = ['outer', 'inner'].map((name) => events.find((event) => event.name === name)!);
    const ops = events.filter(({ kind }) => kind === 'op').reduce((sum, { duration }) => sum + duration, 0);
    expect(inner.selfDuration).toBeCloseTo(inner.duration - ops, 3);
    expect(outer.selfDuration).toBeCloseTo(outer.duration - inner.duration, 3);
    expect(outer.start).toBeLessThanOrEqual(inner.start);
  });

  it('leaves the chain as it was, also after an exception', async () => {
    await expect(
      profile(() => {
        throw new Error('stop');
      }),
    ).rejects.toThrow('stop');
    expect(installedInterceptors()).not.toContain('profiler');
    expect((await profile(product)).result).toBe(16);
  });

  it('records an op that fails, and goes on after it', async () => {
    const { result, events } = await profile(() => {
      expect(() =>
        recordFunction('failing', () => tf.tidy(() => tf.matMul(tf.ones([2, 3]), tf.ones([2, 3])))),
      ).toThrow();
      expect(() => recordFunction('thrown', () => rawOp('NoSuchOp', [], {}))).toThrow();
      return product();
    });
    expect(result).toBe(16);
    expect(events.filter(({ kind }) => kind === 'range').map(({ name }) => name)).toEqual([
      'failing',
      'thrown',
    ]);
    expect(installedInterceptors()).not.toContain('profiler');
  });

  it('refuses a profile inside a profile', async () => {
    await expect(profile(() => profile(product))).rejects.toThrow(ProfilerError);
    expect(installedInterceptors()).not.toContain('profiler');
  });

  it('sums by name, or by name and shapes', async () => {
    const { events } = await profile(() => {
      product();
      product();
      tf.tidy(() => void tf.matMul(tf.ones([2, 2]), tf.ones([2, 2])));
    });
    const named = keyAverages(events).filter(({ name }) => name.includes('MatMul'));
    expect(named).toHaveLength(1);
    expect(named[0]).toMatchObject({ calls: 3, flops: 2 * (2 * 8 * 16 * 4) + 2 * 8 });
    const shaped = keyAverages(events, { groupByInputShape: true, sortBy: 'calls' }).filter(({ name }) =>
      name.includes('MatMul'),
    );
    expect(shaped.map(({ calls }) => calls)).toEqual([2, 1]);
  });

  it('keeps no tensor over a thousand profiled ops', async () => {
    const before = tf.memory().numTensors;
    const { events } = await profile(() => {
      const x = tf.ones([4]);
      for (let i = 0; i < 1000; i++) tf.dispose(tf.square(x));
      x.dispose();
    });
    expect(events.length).toBeGreaterThanOrEqual(1000);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('exports complete events that nest', async () => {
    const { events } = await profile(() => recordFunction('step', product));
    const { traceEvents } = JSON.parse(chromeTrace(events));
    expect(traceEvents).toHaveLength(events.length);
    const [step, ...ops] = traceEvents;
    expect(step).toMatchObject({ name: 'step', ph: 'X', cat: 'user_annotation' });
    for (const { ts, dur } of ops) {
      expect(ts).toBeGreaterThanOrEqual(step.ts);
      expect(ts + dur).toBeLessThanOrEqual(step.ts + step.dur + 1e-3);
    }
  });
});
