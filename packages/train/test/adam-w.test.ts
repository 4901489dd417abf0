import { parameter } from '@fin/runtime';
import { allClose, maxDifference, parity } from '@fin/testkit';
import { optionFor } from '@fin/testkit/implementations';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AdamWOptions, NamedGradients, ParameterGroup } from '../src/index.js';
import { AdamW, decayGroups, TrainInputError } from '../src/index.js';
import { implementations } from './implementations.js';
import { oracle } from './oracle.js';

const sample = oracle.adamw;
const names = Object.keys(sample.shapes);

function makeParameters(): Map<string, tf.Variable> {
  return new Map(
    names.map((name) => [
      name,
      parameter(name, tf.tensor(sample.initial[name], sample.shapes[name], 'float32')),
    ]),
  );
}

/** As in `tooling/oracle/train.py`. */
function gradients(parameters: Map<string, tf.Variable>, step: number): Record<string, tf.Tensor> {
  const present = names.filter((name) => name !== 'late.weight' || step >= sample.late);
  return Object.fromEntries(
    present.map((name) => {
      const variable = parameters.get(name)!;
      const number = names.indexOf(name);
      const values = Float32Array.from(
        { length: variable.size },
        (_, i) => sample.scales[name] * Math.sin(0.7 * i + 0.13 * step * (number + 1) + number),
      );
      return [variable.name, tf.tensor(values, variable.shape)];
    }),
  );
}

function makeOptimizer(
  parameters: Map<string, tf.Variable>,
  implementation: AdamWOptions['implementation'],
): AdamW {
  const groups = sample.groups.map((group) => ({
    parameters: new Map(group.names.map((name) => [name, parameters.get(name)!])),
    weightDecay: group.weight_decay,
    learningRate: group.lr,
  }));
  return new AdamW(groups, { learningRate: 1e-2, implementation });
}

function run(optimizer: AdamW, parameters: Map<string, tf.Variable>, from: number, to: number): void {
  for (let step = from; step < to; step++) {
    const grads = gradients(parameters, step);
    optimizer.step(grads, 1e-2 * 0.5 * (1 + Math.cos((Math.PI * step) / sample.steps)));
    tf.dispose(grads as tf.NamedTensorMap);
  }
}

const values = (parameters: Map<string, tf.Variable>) =>
  Object.fromEntries([...parameters].map(([name, variable]) => [name, variable.dataSync()]));

describe.each(implementations)('AdamW, %s', (name) => {
  const implementation = optionFor(name);

  it('equals torch.optim.AdamW to 1e-6 over 100 steps, with groups and a parameter that joins late', async () => {
    const parameters = makeParameters();
    const optimizer = makeOptimizer(parameters, implementation);
    let done = 0;
    for (const [step, expected] of Object.entries(sample.snapshots)) {
      run(optimizer, parameters, done, Number(step));
      done = Number(step);
      for (const [name, variable] of parameters) {
        const difference = maxDifference(variable.dataSync(), expected[name]);
        expect(difference, `${name}, step ${step}`).toBeLessThan(parity('adamw').atol);
      }
    }
    const { counters, tensors } = await optimizer.readState();
    expect(counters['step.late.weight']).toBe(sample.steps - sample.late);
    for (const [name, { expAvg, expAvgSq }] of Object.entries(sample.state)) {
      const scale = sample.scales[name];
      allClose(tensors.get(`exp_avg.${name}`)!.data, expAvg, { rtol: 1e-5, atol: 1e-6 * scale });
      // TensorFlow's op computes 1 - 0.999 in float32, which is 1.3e-5 off; the update makes up for it.
      allClose(tensors.get(`exp_avg_sq.${name}`)!.data, expAvgSq, { rtol: 3e-5, atol: 1e-9 * scale ** 2 });
    }
    optimizer.dispose();
    tf.dispose([...parameters.values()]);
  });

  it('continues bit for bit from a saved state, also in another optimizer', async () => {
    const straight = makeParameters();
    const resumed = makeParameters();
    const [first, second] = [straight, resumed].map((parameters) =>
      makeOptimizer(parameters, implementation),
    );
    run(first, straight, 0, 30);
    run(second, resumed, 0, 18); // before "late.weight" has a gradient
    const third = makeOptimizer(resumed, implementation);
    third.restoreState(await second.readState());
    second.dispose();
    run(third, resumed, 18, 25);
    const fourth = makeOptimizer(resumed, implementation);
    fourth.restoreState(await third.readState());
    run(fourth, resumed, 25, 30);
    expect(values(resumed)).toEqual(values(straight));
    for (const optimizer of [first, third, fourth]) optimizer.dispose();
    tf.dispose([...straight.values(), ...resumed.values()]);
  });

  it('uses values that other code assigns to its parameters', () => {
    const parameters = makeParameters();
    const optimizer = makeOptimizer(parameters, implementation);
    run(optimizer, parameters, 0, 2);
    const bias = parameters.get('dense.bias')!;
    const replaced = tf.fill([4], 100);
    bias.assign(replaced);
    replaced.dispose();
    run(optimizer, parameters, 2, 3);
    for (const value of bias.dataSync()) expect(Math.abs(value - 100)).toBeLessThan(0.1);
    optimizer.dispose();
    tf.dispose([...parameters.values()]);
  });

  it('does not change an earlier copy of a parameter', () => {
    const parameters = makeParameters();
    const optimizer = makeOptimizer(parameters, implementation);
    const copies = [...parameters.values()].map((variable) => tf.clone(variable));
    run(optimizer, parameters, 0, 3);
    for (const [i, copy] of copies.entries()) {
      allClose(copy.dataSync(), sample.initial[names[i]], { rtol: 0, atol: 1e-7 });
    }
    optimizer.dispose();
    tf.dispose([...copies, ...parameters.values()]);
  });

  it('multiplies gradients by a factor, bit for bit as if they came so', () => {
    const [plain, scaled] = [makeParameters(), makeParameters()];
    const [one, other] = [plain, scaled].map((parameters) => makeOptimizer(parameters, implementation));
    for (let step = 0; step < 3; step++) {
      tf.tidy(() => {
        const factor = tf.scalar(0.3);
        const multiplied = Object.entries(gradients(plain, step)).map(([name, gradient]) => [
          name,
          tf.mul(gradient, factor),
        ]);
        one.step(Object.fromEntries(multiplied));
        other.step(gradients(scaled, step), undefined, factor);
      });
    }
    expect(values(scaled)).toEqual(values(plain));
    for (const optimizer of [one, other]) optimizer.dispose();
    tf.dispose([...plain.values(), ...scaled.values()]);
  });

  it('keeps as many tensors after many steps as after two, and none after dispose', () => {
    const parameters = makeParameters();
    const start = tf.memory().numTensors;
    const optimizer = makeOptimizer(parameters, implementation);
    run(optimizer, parameters, 0, 2);
    const before = tf.memory();
    run(optimizer, parameters, 2, sample.late - 1);
    const after = tf.memory();
    expect([after.numTensors, after.numDataBuffers]).toEqual([before.numTensors, before.numDataBuffers]);
    run(optimizer, parameters, sample.late, sample.late + 2);
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(start);
    tf.dispose([...parameters.values()]);
  });

  it('gives large parameters, updated alone, and small ones, updated together, the same results', () => {
    const shapes = [[300, 300], [5], [2, 3], [70_000], []];
    const make = () => shapes.map((shape, i) => parameter(`p${i}`, tf.fill(shape, i + 0.5)));
    const together = make();
    const apart = make();
    const group = (variables: tf.Variable[]) => ({
      parameters: new Map(variables.map((v, i) => [`p${i}`, v])),
    });
    const options = { implementation, learningRate: 0.1 };
    const one = new AdamW([group(together)], options);
    const many = apart.map((variable) => new AdamW([group([variable])], options));
    for (let step = 0; step < 3; step++) {
      const grads = (variables: tf.Variable[]): NamedGradients =>
        Object.fromEntries(variables.map((v, i) => [v.name, tf.fill(v.shape, Math.sin(i + step))]));
      tf.tidy(() => one.step(grads(together)));
      for (const optimizer of many) tf.tidy(() => optimizer.step(grads(apart)));
      for (const [i, variable] of together.entries()) {
        expect(maxDifference(variable.dataSync(), apart[i].dataSync())).toBe(0);
      }
    }
    for (const optimizer of [one, ...many]) optimizer.dispose();
    tf.dispose([...together, ...apart]);
  });
});

describe.runIf(implementations.includes('kernels'))('AdamW of @fin/kernels', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('goes on from a state of TensorFlow’s op and gives the same bits', async () => {
    const [theirs, ours] = [makeParameters(), makeParameters()];
    vi.stubEnv('FIN_KERNELS', '0');
    const [first, second] = [theirs, ours].map((parameters) => makeOptimizer(parameters, 'fused'));
    run(first, theirs, 0, 40);
    run(second, ours, 0, 23);
    vi.unstubAllEnvs();
    const third = makeOptimizer(ours, 'fused');
    third.restoreState(await second.readState());
    run(third, ours, 23, 40);
    expect(values(ours)).toEqual(values(theirs));
    expect(await third.readState()).toEqual(await first.readState());
    for (const optimizer of [first, second, third]) optimizer.dispose();
    tf.dispose([...theirs.values(), ...ours.values()]);
  });
});

describe('AdamW settings', () => {
  const weight = () => new Map([['w', parameter('w', tf.ones([2]))]]);

  it('refuses empty, overlapping and equally named groups', () => {
    const parameters = weight();
    expect(() => new AdamW([])).toThrow('nothing to train');
    expect(() => new AdamW([{ parameters }, { parameters }])).toThrow('more than one group');
    expect(() => new AdamW([{ parameters }, { parameters: weight() }])).toThrow('the same name');
    expect(() => new AdamW([{ parameters }], { learningRate: -1 })).toThrow(TrainInputError);
    expect(() => new AdamW([{ parameters }], { betas: [0.9, 1] })).toThrow(TrainInputError);
    tf.dispose([...parameters.values()]);
  });

  it.each<[AdamWOptions & { readonly group?: Partial<ParameterGroup> }, string]>([
    [{ learningRate: 0 }, 'learningRate is 0; it must be above 0 and at most 10'],
    [{ learningRate: 1e300 }, 'learningRate is 1e+300'],
    [{ learningRate: Number.NaN }, 'learningRate is NaN'],
    [{ group: { learningRate: 1e300 } }, 'learningRate of group 0 is 1e+300'],
    [{ group: { learningRate: -1 } }, 'learningRate of group 0 is -1'],
    [{ weightDecay: 1e300 }, 'weightDecay is 1e+300'],
    [{ group: { weightDecay: -1 } }, 'weightDecay of group 0 is -1'],
    [{ betas: [0.9, 1] }, 'betas[1] is 1; it must be from 0 to below 1'],
    [{ betas: [Number.NaN, 0.9] }, 'betas[0] is NaN'],
    [{ betas: [0.9] as never }, 'betas has 1 values'],
    [{ eps: -1e-8 }, 'eps is -1e-8'],
    [{ eps: Number.POSITIVE_INFINITY }, 'eps is Infinity'],
  ])('refuses %o, naming the field', ({ group, ...options }, message) => {
    const parameters = weight();
    const make = () => new AdamW([{ parameters, ...group }], options);
    expect(make).toThrow(TrainInputError);
    expect(make).toThrow(message);
    tf.dispose([...parameters.values()]);
  });

  it('refuses a state of other parameters', async () => {
    const parameters = weight();
    const optimizer = new AdamW([{ parameters }]);
    const state = await optimizer.readState();
    expect(() => optimizer.restoreState({ counters: {}, tensors: new Map() })).toThrow('"w"');
    expect(() => optimizer.restoreState({ counters: { 'step.w': 1 }, tensors: state.tensors })).toThrow(
      'exp_avg.w',
    );
    optimizer.dispose();
    tf.dispose([...parameters.values()]);
  });

  it('decays matrices, but neither vectors nor frozen parameters', () => {
    const module = {
      namedParameters: () =>
        new Map([
          ['dense.weight', parameter('dense.weight', tf.ones([2, 2]))],
          ['dense.bias', parameter('dense.bias', tf.ones([2]))],
          ['frozen.weight', parameter('frozen.weight', tf.ones([2, 2]), false)],
        ]),
    };
    const groups = decayGroups(module, 0.1);
    expect(groups.map(({ parameters, weightDecay }) => [[...parameters.keys()], weightDecay])).toEqual([
      [['dense.weight'], 0.1],
      [['dense.bias'], 0],
    ]);
  });
});
