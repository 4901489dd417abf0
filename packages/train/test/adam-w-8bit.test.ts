import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors } from '@fin/files/safetensors';
import { parameter, randomStreams } from '@fin/runtime';
import { optionFor } from '@fin/testkit/implementations';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { AdamWOptions, Optimizer } from '../src/index.js';
import {
  AdamW,
  AdamW8bit,
  CheckpointMismatchError,
  fit,
  makeOptimizer,
  TrainInputError,
} from '../src/index.js';
import { implementations } from './implementations.js';

/** Two tensors with moments in 8 bits, one of them just large enough, and two in float32. */
const shapes: Record<string, number[]> = { wide: [64, 80], least: [4096], most: [4095], bias: [3] };

const makeParameters = (): Map<string, tf.Variable> =>
  new Map(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      parameter(name, randomStreams(7).stream(name).normal(shape)),
    ]),
  );

function make(
  parameters: Map<string, tf.Variable>,
  implementation: AdamWOptions['implementation'],
  kind: new (...args: ConstructorParameters<typeof AdamW>) => Optimizer = AdamW8bit,
): Optimizer {
  const group = (...names: string[]) => new Map(names.map((name) => [name, parameters.get(name)!]));
  return new kind(
    [
      { parameters: group('wide', 'most'), weightDecay: 0.1 },
      { parameters: group('least', 'bias'), learningRate: 1e-3 },
    ],
    { learningRate: 1e-2, implementation },
  );
}

/** `least` has no gradient in the first updates. */
function run(optimizer: Optimizer, parameters: Map<string, tf.Variable>, from: number, to: number): void {
  for (let step = from; step < to; step++) {
    tf.tidy(() => {
      const present = [...parameters].filter(([name]) => name !== 'least' || step >= 3);
      const gradients = Object.fromEntries(
        present.map(([name, variable]) => [
          variable.name,
          randomStreams(step).stream(name).normal(variable.shape),
        ]),
      );
      optimizer.step(gradients, 1e-2 / (1 + step), tf.scalar(0.5));
    });
  }
}

const values = (parameters: Map<string, tf.Variable>) =>
  Object.fromEntries([...parameters].map(([name, variable]) => [name, variable.dataSync()]));

describe.each(implementations)('AdamW8bit, %s', (name) => {
  const implementation = optionFor(name);

  it('gives small tensors the bits of AdamW, and large ones almost its weights', () => {
    const [theirs, ours] = [makeParameters(), makeParameters()];
    const initial = values(theirs);
    const [wide, eight] = [make(theirs, implementation, AdamW), make(ours, implementation)];
    run(wide, theirs, 0, 8);
    run(eight, ours, 0, 8);
    const [expected, actual] = [values(theirs), values(ours)];
    for (const small of ['most', 'bias']) expect(actual[small]).toEqual(expected[small]);
    for (const large of ['wide', 'least']) {
      const apart = actual[large].map((value, i) => value - expected[large][i]);
      const moved = expected[large].map((value, i) => value - initial[large][i]);
      const norm = (list: ArrayLike<number>) => Math.hypot(...Array.from(list));
      expect(norm(apart)).toBeGreaterThan(0);
      expect(norm(apart) / norm(moved)).toBeLessThan(0.05);
    }
    for (const optimizer of [wide, eight]) optimizer.dispose();
    tf.dispose([...theirs.values(), ...ours.values()]);
  });

  it('continues bit for bit from a saved state, also in another optimizer', async () => {
    const [straight, resumed] = [makeParameters(), makeParameters()];
    const [first, second] = [straight, resumed].map((parameters) => make(parameters, implementation));
    run(first, straight, 0, 8);
    run(second, resumed, 0, 2); // before `least` has a gradient
    const third = make(resumed, implementation);
    third.restoreState(await second.readState());
    second.dispose();
    run(third, resumed, 2, 5);
    const fourth = make(resumed, implementation);
    fourth.restoreState(await third.readState());
    run(fourth, resumed, 5, 8);
    expect(values(resumed)).toEqual(values(straight));
    expect(await fourth.readState()).toEqual(await first.readState());
    for (const optimizer of [first, third, fourth]) optimizer.dispose();
    tf.dispose([...straight.values(), ...resumed.values()]);
  });

  it('takes 2 bytes for each element of large tensors, and 8 for each block', async () => {
    const parameters = makeParameters();
    const optimizer = make(parameters, implementation);
    run(optimizer, parameters, 0, 4);
    const { tensors } = await optimizer.readState();
    const bytes = (part: string) =>
      [...tensors].reduce((sum, [name, { data }]) => sum + (name.endsWith(part) ? data.byteLength : 0), 0);
    expect(bytes('.wide')).toBe(2 * 5120 + 8 * 20);
    expect(bytes('.least')).toBe(2 * 4096 + 8 * 16);
    expect(bytes('.most')).toBe(8 * 4095);
    expect(optimizer.stateBytes()).toBe(bytes(''));
    optimizer.dispose();
    tf.dispose([...parameters.values()]);
  });

  it('keeps as many tensors after many steps as after two, and none after dispose', () => {
    const parameters = makeParameters();
    const start = tf.memory().numTensors;
    const optimizer = make(parameters, implementation);
    run(optimizer, parameters, 3, 5);
    const before = tf.memory().numTensors;
    run(optimizer, parameters, 5, 9);
    expect(tf.memory().numTensors).toBe(before);
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(start);
    tf.dispose([...parameters.values()]);
  });
});

describe('AdamW8bit', () => {
  it('refuses a state that lacks a parameter, or that does not fit', async () => {
    const parameters = makeParameters();
    const optimizer = make(parameters, undefined);
    run(optimizer, parameters, 3, 4);
    const state = await optimizer.readState();
    expect(() => optimizer.restoreState({ ...state, counters: {} })).toThrow('"wide"');
    const without = new Map([...state.tensors].filter(([name]) => name !== 'exp_avg_sq_absmax.wide'));
    expect(() => optimizer.restoreState({ ...state, tensors: without })).toThrow(TrainInputError);
    expect(() => optimizer.restoreState({ ...state, tensors: without })).toThrow(
      'exp_avg_sq_absmax.wide is missing',
    );
    optimizer.dispose();
    tf.dispose([...parameters.values()]);
  });

  it('resumes a run of fit bit for bit from a checkpoint, which holds the codes; AdamW does not resume it', async () => {
    const home = await mkdtemp(join(tmpdir(), 'fin-8bit-'));
    const train = async (dir: string, kind: 'adamw' | 'adamw8bit', stopAfter?: number) => {
      const weight = parameter('weight', tf.ones([64, 64]));
      const optimizer = makeOptimizer(kind, [{ parameters: new Map([['weight', weight]]) }]);
      const controller = new AbortController();
      try {
        await fit({
          model: { namedParameters: () => new Map([['weight', weight]]) },
          optimizer,
          data: { size: 8, batch: (rows) => ({ x: tf.oneHot(tf.tensor1d(rows, 'int32'), 64) }) },
          batchSize: 2,
          epochs: 2,
          random: randomStreams(1),
          loss: ({ x }) =>
            tf.mean(tf.square(tf.matMul(tf.cast(x, 'float32'), weight as tf.Tensor2D))) as tf.Scalar,
          checkpoints: { dir: join(home, dir), every: 3, resume: true },
          signal: controller.signal,
          onEvent: (event) => event.type === 'step' && event.step === stopAfter && controller.abort(),
        }).catch((error) => {
          if (!controller.signal.aborted) throw error;
        });
        return weight.dataSync().slice();
      } finally {
        optimizer.dispose();
        weight.dispose();
      }
    };
    try {
      const straight = await train('straight', 'adamw8bit');
      await train('resumed', 'adamw8bit', 4);
      await expect(train('resumed', 'adamw')).rejects.toThrow(CheckpointMismatchError);
      expect(await train('resumed', 'adamw8bit')).toEqual(straight);
      const file = await openSafetensors(join(home, 'straight/step-00000008/optimizer.safetensors'));
      expect((await file.read('exp_avg_codes.weight')).dtype).toBe('U8');
      await file.close();
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
});
