import { hasNativeOps, installedInterceptors, installInterceptor, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { MemoryCategory, Profile } from '../src/index.js';
import {
  chromeTrace,
  compareProfiles,
  formatSummary,
  keyAverages,
  measurePeak,
  opAverages,
  ProfilerError,
  peakMemory,
  phaseTimes,
  profile,
  profileSummarySchema,
  recordFunction,
  registerFlops,
  schedule,
  startProfiler,
  summarizeProfile,
} from '../src/index.js';

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
    const taken = await profile(() => recordFunction('step', product));
    const { traceEvents } = JSON.parse(chromeTrace(taken));
    expect(traceEvents).toHaveLength(taken.events.length);
    const [step, ...ops] = traceEvents;
    expect(step).toMatchObject({ name: 'step', ph: 'X', cat: 'user_annotation' });
    for (const { ts, dur } of ops) {
      expect(ts).toBeGreaterThanOrEqual(step.ts);
      expect(ts + dur).toBeLessThanOrEqual(step.ts + step.dur + 1e-3);
    }
  });

  it('gives the time of ops and of JavaScript between them, which make up the whole', async () => {
    const taken = await profile(() => {
      product();
      const end = performance.now() + 20;
      while (performance.now() < end);
    });
    expect(taken.opTime + taken.javascriptTime).toBeCloseTo(taken.duration, 6);
    expect(taken.javascriptTime).toBeGreaterThan(20_000);
    const rows = opAverages(taken);
    expect(rows[0]).toMatchObject({ name: 'JavaScript between ops', selfTotal: taken.javascriptTime });
    expect(rows.reduce((sum, row) => sum + row.selfTotal, 0)).toBeCloseTo(taken.duration, 3);
  });

  it('groups by the ranges around an op', async () => {
    const { events } = await profile(() => {
      recordFunction('forward', product);
      recordFunction('backward', () => recordFunction('layer', product));
    });
    const stacks = keyAverages(events, { groupByStack: true })
      .filter(({ name }) => name.includes('MatMul'))
      .map(({ stack }) => stack);
    expect(stacks).toContainEqual(['forward']);
    expect(stacks).toContainEqual(['backward', 'layer']);
    const phases = Object.fromEntries(
      phaseTimes(await profile(() => recordFunction('forward', product))).map((row) => [row.phase, row]),
    );
    expect(phases.forward.ops).toBeGreaterThan(0);
    expect(phases.forward.opTime).toBeLessThanOrEqual(phases.forward.time);
    expect(phases.backward).toMatchObject({ time: 0, ops: 0 });
  });

  it('follows native memory by category', async () => {
    const MEGABYTE = 2 ** 20;
    const { memory } = await profile(
      () => {
        const weights = tf.tidy(() => tf.variable(tf.fill([MEGABYTE / 4], 2)));
        const batch = tf.ones([MEGABYTE / 2]); // uploaded when the first op needs it
        recordFunction('optimizer', () => tf.tidy(() => weights.assign(tf.square(weights))));
        recordFunction('forward', () => {
          const kept = tf.square(weights);
          tf.dispose([tf.square(batch), kept]);
        });
        batch.dispose();
        recordFunction('backward', () => tf.dispose(tf.square(weights)));
        weights.dispose();
      },
      { profileMemory: true },
    );
    // Some ops have small tensors beside these: shapes and fill values.
    const most = (category: MemoryCategory) =>
      Math.max(...memory.map(({ bytes }) => bytes[category])) - memory[0].bytes[category];
    expect(most('weights') / MEGABYTE).toBeCloseTo(2, 3); // the old and the new ones, while they are updated
    expect(most('data') / MEGABYTE).toBeCloseTo(2, 3);
    expect(most('activations') / MEGABYTE).toBeCloseTo(3, 3);
    expect(most('gradients') / MEGABYTE).toBeCloseTo(1, 3);
    expect((peakMemory(memory)!.total - memory[0].total) / MEGABYTE).toBeCloseTo(6, 3);
    expect(memory.at(-1)?.total).toBe(memory[0].total);
    const { traceEvents } = JSON.parse(chromeTrace({ events: [], memory }));
    expect(traceEvents[0]).toMatchObject({ ph: 'C', name: 'native memory, MB' });
  });

  it('counts the new tensor of a variable as weights before it is assigned', async () => {
    const weights = tf.tidy(() => tf.variable(tf.fill([1024], 2)));
    const { memory } = await profile(
      () => recordFunction('optimizer', () => tf.tidy(() => weights.assign(tf.square(tf.square(weights))))),
      { profileMemory: true },
    );
    expect(memory.length).toBeGreaterThan(2);
    for (const { bytes } of memory) expect(bytes.weights).toBeGreaterThanOrEqual(4096);
    weights.dispose();
  });

  it('counts variables that are uploaded during the profile as weights, and what is uploaded for an update as state of the optimizer', async () => {
    const weights = tf.variable(tf.tensor1d(new Float32Array(1024))); // uploaded when the first op needs it
    const { memory } = await profile(
      () => {
        recordFunction('forward', () => tf.dispose(tf.square(weights)));
        recordFunction('optimizer', () => {
          const state = tf.tensor1d(new Float32Array(1024));
          tf.tidy(() => weights.assign(tf.add(weights, state)));
          state.dispose();
        });
      },
      { profileMemory: true },
    );
    const most = (category: MemoryCategory) =>
      Math.max(...memory.map(({ bytes }) => bytes[category])) - memory[0].bytes[category];
    expect(most('weights')).toBe(2 * 4096); // the old and the new ones
    expect(most('optimizer')).toBe(4096);
    expect(most('data')).toBe(0);
    weights.dispose();
  });

  it('knows the tensors from before the profile: variables are weights', async () => {
    const KILOBYTE = 1024;
    const [weights, cache] = tf.tidy(() => [
      tf.variable(tf.fill([10 * KILOBYTE], 1)),
      tf.keep(tf.fill([5 * KILOBYTE], 1)),
    ]);
    const before = await profile(() => 0, { profileMemory: true });
    const read = await profile(() => recordFunction('optimizer', () => tf.dispose(tf.square(cache))), {
      profileMemory: true,
    });
    expect(read.memory.at(-1)!.bytes.optimizer / KILOBYTE).toBe(20);
    weights.dispose();
    cache.dispose();
    const after = await profile(() => 0, { profileMemory: true });
    const freed = (category: MemoryCategory) =>
      (before.memory[0].bytes[category] - after.memory[0].bytes[category]) / KILOBYTE;
    expect(freed('weights')).toBe(40);
    expect(freed('other')).toBe(20);
  });

  it('knows from the warmup what the tensors of the steps before are for', async () => {
    const profiles: Profile[] = [];
    const profiler = startProfiler({
      schedule: schedule({ wait: 1, warmup: 1, active: 1, repeat: 1 }),
      onTraceReady: (taken) => profiles.push(taken),
      profileMemory: true,
    });
    let state: tf.Tensor | null = null;
    for (let step = 0; step < 3; step++) {
      recordFunction('optimizer', () => {
        state?.dispose();
        state = tf.tidy(() => tf.fill([1 << 18], step)); // a megabyte
      });
      profiler.step();
    }
    profiler.stop();
    tf.dispose(state!);
    expect(profiles[0].memory[0].bytes.optimizer / 2 ** 20).toBeCloseTo(1, 3);
  });

  it('shows ops as TensorFlow runs them, whatever interceptors make of them', async () => {
    const installed = installInterceptor('two for one', (call, next) =>
      call.op === 'Square' ? next({ ...call, op: 'Identity' }) : next(call),
    );
    const { events } = await profile(() => tf.tidy(() => void tf.square(tf.ones([7]))));
    installed.remove();
    const names = events.map(({ name }) => name);
    expect(names).toContain('Identity');
    expect(names).not.toContain('Square');
  });

  it('summarizes a profile, as plain data that its schema accepts', async () => {
    const taken = await profile(() => recordFunction('forward', product), { profileMemory: true });
    const summary = summarizeProfile(taken, { steps: 2, about: { model: 'a product' } });
    expect(profileSummarySchema.parse(JSON.parse(JSON.stringify(summary)))).toEqual(summary);
    expect(summary.products.flops).toBe(2 * 8 * 16 * 4);
    expect(summary.products.shareOfPeak).toBeGreaterThan(0);
    expect(summary.peak.float32).toBeGreaterThan(0);
    const text = formatSummary(summary);
    for (const part of ['model: a product', '2 steps', 'MatMul', 'forward', 'weights', 'measured peak'])
      expect(text).toContain(part);
    const [change] = compareProfiles(summary, taken).filter(({ name }) => name.includes('MatMul'));
    expect(change.calls).toEqual([0.5, 1]);
    expect(change.ratio).toBeCloseTo(2, 9);
  });

  it('compares two profiles op by op', async () => {
    const [before, after] = [
      await profile(product),
      await profile(() => tf.tidy(() => tf.ones([8]).dataSync())),
    ];
    const rows = compareProfiles(before, after);
    const matmul = rows.find(({ name }) => name.includes('MatMul'))!;
    expect(matmul).toMatchObject({ calls: [1, 0], ratio: 0 });
    expect(matmul.time[0]).toBeGreaterThan(0);
  });

  it('counts the floating-point operations of an op that is registered', async () => {
    registerFlops('Cosh', ({ inputs }) => inputs[0].shape[0]); // which no other test counts
    const { events } = await profile(() => tf.tidy(() => void tf.cosh(tf.ones([7]))));
    expect(events.find(({ name }) => name === 'Cosh')?.flops).toBe(7);
  });

  it.each(['float32', 'bfloat16'] as const)('measures the peak in %s by products in it', async (dtype) => {
    const { events, result } = await profile(() => measurePeak(dtype));
    const products = events.filter(({ flops }) => flops !== null);
    expect(products.map((event) => event.dtype)).toEqual(products.map(() => dtype));
    expect(products[0].outputBytes).toBe(1536 ** 2 * (dtype === 'float32' ? 4 : 2));
    const fastest = Math.min(...products.slice(1).map(({ duration }) => duration));
    expect(result / ((2 * 1536 ** 3) / fastest / 1000)).toBeCloseTo(1, 1);
  });

  it('profiles by a schedule, and hands each cycle over', async () => {
    const profiles: Profile[] = [];
    const profiler = startProfiler({
      schedule: schedule({ skipFirst: 1, wait: 1, warmup: 1, active: 2, repeat: 2 }),
      onTraceReady: (taken) => profiles.push(taken),
    });
    const seen: boolean[] = [];
    for (let step = 0; step < 12; step++) {
      seen.push(installedInterceptors().includes('profiler'));
      recordFunction(`step ${step}`, product);
      profiler.step();
    }
    profiler.stop();
    const names = profiles.map(({ events }) =>
      events.filter(({ kind }) => kind === 'range').map(({ name }) => name),
    );
    expect(names).toEqual([
      ['step 3', 'step 4'],
      ['step 7', 'step 8'],
    ]);
    expect(seen).toEqual([false, false, true, true, true, false, true, true, true, false, false, false]);
    expect(installedInterceptors()).not.toContain('profiler');
  });

  it('hands over a cycle that is cut short', async () => {
    const profiles: Profile[] = [];
    const profiler = startProfiler({ onTraceReady: (taken) => profiles.push(taken) });
    product();
    profiler.step();
    profiler.stop();
    expect(profiles).toHaveLength(1);
    expect((await profile(product)).result).toBe(16);
  });
});
