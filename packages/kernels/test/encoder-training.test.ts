import { countTensors, installInterceptor, NO_GROWTH, nativeDType, randomStreams } from '@fin/runtime';
import { allClose, fullTier } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { EncoderLayer, EncoderOptions } from '../src/index.js';
import { composed, encoder, KernelInputError } from '../src/index.js';
import type { Case, LinearName } from './support/encoder.js';
import {
  cases,
  chooseUnit,
  comparedCases,
  disposeLayers,
  encoderLayers,
  encoderUnits,
  factorsOf,
  inBfloat16,
  inputOf,
  largest,
  offsetsOf,
  parametersOf,
  tokensOf,
  trainedOf,
  withUpdates,
} from './support/encoder.js';
import { fused } from './support/implementations.js';
import { chooseInstructions, instructionSets } from './support/instructions.js';
import { normal, read } from './support/tensors.js';

const ALL: readonly LinearName[] = ['query', 'key', 'value', 'attentionOutput', 'intermediate', 'output'];
const RATES = { hiddenDropout: 0.1, attentionDropout: 0.2 };

/**
 * Which linear layers are updated, of which rank, whether anything drops, whether by every instruction set and unit, and which of the
 * other parameters are trained: every so many of them, or none.
 */
const trainings: Readonly<Record<string, Training>> = {
  'updates of query and value': { names: ['query', 'value'], rank: 8, drops: false, everywhere: false },
  'updates of query and value, with dropout': {
    names: ['query', 'value'],
    rank: 4,
    drops: true,
    everywhere: true,
  },
  'updates of every linear layer': { names: ALL, rank: 3, drops: false, everywhere: false },
  'updates of every linear layer, with dropout': { names: ALL, rank: 33, drops: true, everywhere: true },
  'no update': { names: [], rank: 1, drops: true, everywhere: false },
  'all parameters': { names: [], rank: 1, drops: false, everywhere: false, own: 1 },
  'all parameters, with dropout': { names: [], rank: 1, drops: true, everywhere: true, own: 1 },
  'some parameters and updates, with dropout': {
    names: ALL,
    rank: 5,
    drops: true,
    everywhere: false,
    own: 3,
  },
};

interface Training {
  readonly names: readonly LinearName[];
  readonly rank: number;
  readonly drops: boolean;
  readonly everywhere: boolean;
  readonly own?: number;
}

/** Output of an encoder, then the gradients of x and of all that is trained of a weighted sum of it. Everything else is disposed. */
function train(
  one: Case,
  layers: readonly EncoderLayer[],
  run: typeof encoder,
  options: Partial<EncoderOptions> = {},
  inputGradient = true,
): Float32Array[] {
  const x = tf.tidy(() => tf.variable(inputOf(one)));
  const weights = normal<tf.Tensor2D>('dy', [tokensOf(one), one.hidden]);
  const dropoutStream = options.hiddenDropout ? randomStreams(3).stream('dropout') : null;
  let y: tf.Tensor | undefined;
  const variables = [...(inputGradient ? [x] : []), ...trainedOf(layers)];
  const { value, grads } = tf.variableGrads(() => {
    const all = { heads: one.heads, dropoutStream, inputGradient, ...options };
    y = tf.keep(run(x as tf.Tensor2D, offsetsOf(one.lengths), layers, all));
    return tf.sum<tf.Scalar>(tf.mul(y, weights));
  }, variables);
  const values = read(y!, ...variables.map(({ name }) => grads[name]));
  tf.dispose([x, weights, value]);
  return values;
}

function makeLayers(one: Case, { names, rank, drops, own }: Training): EncoderLayer[] {
  const dropoutRate = drops ? 0.3 : 0;
  const layers = withUpdates(encoderLayers(one.count, one.hidden, one.intermediate), names, {
    rank,
    dropoutRate,
  });
  for (const [i, variable] of parametersOf(layers).entries())
    variable.trainable = own !== undefined && i % own === 0;
  return layers;
}

/** What the composed twin gives for each case and training, which several tests compare with. */
const twins = new Map<string, Float32Array[]>();
function trainTwin(
  key: string,
  one: Case,
  layers: readonly EncoderLayer[],
  options: Partial<EncoderOptions>,
): Float32Array[] {
  const known = twins.get(key) ?? train(one, layers, composed.encoder, options);
  twins.set(key, known);
  return known;
}

/**
 * Within the tolerance of the largest element of each, or of a hundredth of the largest of all, since gradients can be 0 but for rounding.
 * Those that vanish are within the tolerance of the largest of all.
 */
function closeTo(
  actual: readonly Float32Array[],
  expected: readonly Float32Array[],
  tolerance: number,
  vanishing: readonly number[] = [],
): void {
  expect(actual.length).toBe(expected.length);
  const most = Math.max(...expected.map(largest));
  for (const [i, values] of actual.entries()) {
    const scale = vanishing.includes(i) ? most : Math.max(largest(expected[i]), most / 100);
    allClose(values, expected[i], { rtol: 0, atol: tolerance * scale });
  }
}

/**
 * Which results of `train` vanish: the gradient of key's bias, which adds the same to all scores of a query. Its terms do not vanish, so
 * that their rounding is left.
 */
function vanishingOf(layers: readonly EncoderLayer[], inputGradient = true): number[] {
  const biases = new Set<tf.Variable>(layers.map(({ key }) => key.bias as tf.Variable));
  return trainedOf(layers).flatMap((variable, i) =>
    biases.has(variable) ? [i + (inputGradient ? 2 : 1)] : [],
  );
}

afterEach(() => {
  chooseInstructions('', 0);
  chooseUnit('');
});

describe.each(comparedCases)('training an encoder of %s', (caseName, one) => {
  it.each(Object.entries(trainings))('gives the gradients of its composed twin: %s', (name, training) => {
    const layers = makeLayers(one, training);
    const options = training.drops ? RATES : {};
    const expected = trainTwin(`${caseName}, ${name}`, one, layers, options);
    closeTo(train(one, layers, encoder, options), expected, 1e-5, vanishingOf(layers));
    for (const name of training.everywhere ? instructionSets : []) {
      chooseInstructions(name, 0);
      closeTo(train(one, layers, encoder, options), expected, 1e-5, vanishingOf(layers));
    }
    disposeLayers(layers);
  });

  it.runIf(fused).each(Object.entries(trainings))(
    'gives the same but for rounding in bfloat16: %s',
    (name, training) => {
      const layers = makeLayers(one, training);
      const options = training.drops ? RATES : {};
      const expected = trainTwin(`${caseName}, ${name}`, one, layers, options);
      const check = () =>
        closeTo(
          inBfloat16(() => train(one, layers, encoder, options)),
          expected,
          4e-2,
          vanishingOf(layers),
        );
      for (const unit of training.everywhere ? encoderUnits : encoderUnits.slice(0, 1)) {
        chooseUnit(unit);
        check();
      }
      chooseUnit('vectors');
      for (const name of training.everywhere ? instructionSets : []) {
        chooseInstructions(name, 0);
        check();
      }
      disposeLayers(layers);
    },
  );
});

/** Shapes from a fixed seed: sequences, sizes, and which parameters are trained. */
function randomCase(seed: number): Case & { readonly trained: (i: number) => boolean } {
  const stream = randomStreams(seed).stream('shapes');
  const draw = () => stream.floats(1)[0];
  const upTo = (most: number) => 1 + Math.floor(draw() * most);
  const heads = upTo(4);
  const lengths = Array.from({ length: upTo(20) }, () => Math.floor(draw() ** 2 * 70));
  const share = draw();
  const chosen = Array.from({ length: 64 }, () => draw() < share);
  const hidden = heads * upTo(33);
  return { lengths, count: upTo(3), hidden, heads, intermediate: upTo(250), trained: (i) => chosen[i] };
}

/** Where nothing is fused, as in `comparedCases`: those of few tokens, with and without dropout, updates and a gradient of x. */
const randomSeeds = fused || fullTier ? Array.from({ length: 12 }, (_, i) => i) : [4, 5, 7, 9];

describe('training parameters of an encoder', () => {
  it.each(randomSeeds)('gives the gradients of its twin: random shapes %d', (seed) => {
    const one = randomCase(seed);
    const layers = makeLayers(one, { ...trainings['no update'], names: seed % 2 === 0 ? [] : ['value'] });
    for (const [i, variable] of parametersOf(layers).entries()) variable.trainable = one.trained(i);
    // The scale of what vanishes in key's bias.
    for (const { key } of layers) key.weight.trainable ||= key.bias.trainable;
    const options = seed % 3 === 0 ? RATES : {};
    const inputGradient = seed % 4 < 2;
    const expected = train(one, layers, composed.encoder, options, inputGradient);
    const vanishing = vanishingOf(layers, inputGradient);
    closeTo(train(one, layers, encoder, options, inputGradient), expected, 1e-5, vanishing);
    if (fused) {
      closeTo(
        inBfloat16(() => train(one, layers, encoder, options, inputGradient)),
        expected,
        4e-2,
        vanishing,
      );
    }
    disposeLayers(layers);
  });

  it('reaches each parameter alone', () => {
    const one: Case = { lengths: [5, 1, 9], count: 2, hidden: 12, heads: 2, intermediate: 20 };
    const layers = makeLayers(one, { names: [], rank: 1, drops: false, everywhere: false });
    for (const variable of parametersOf(layers)) {
      variable.trainable = true;
      const expected = train(one, layers, composed.encoder, RATES, false);
      expect(expected.length).toBe(2);
      closeTo(train(one, layers, encoder, RATES, false), expected, 1e-5, vanishingOf(layers, false));
      variable.trainable = false;
    }
    disposeLayers(layers);
  });
});

describe('training an encoder', () => {
  const one: Case = { lengths: [5, 1, 9], count: 2, hidden: 12, heads: 2, intermediate: 20 };
  const options = { heads: one.heads, ...RATES };

  it('has the gradients of finite differences', () => {
    const layers = makeLayers(one, trainings['some parameters and updates, with dropout']);
    const variables = trainedOf(layers);
    const gradients = train(one, layers, encoder, RATES, false).slice(1);
    const weights = Array.from(normal<tf.Tensor2D>('dy', [tokensOf(one), one.hidden]).dataSync());
    const loss = () => {
      const dropoutStream = randomStreams(3).stream('dropout');
      const y = tf.tidy(() =>
        encoder(inputOf(one), offsetsOf(one.lengths), layers, { ...options, dropoutStream }).dataSync(),
      );
      return weights.reduce((sum, weight, i) => sum + weight * y[i], 0);
    };
    const step = 1e-2;
    for (const [i, variable] of variables.entries()) {
      const values = variable.dataSync();
      const at = (i * 7) % values.length;
      const around = [step, -step].map((difference) => {
        const moved = values.slice();
        moved[at] += difference;
        tf.tidy(() => variable.assign(tf.tensor(moved, variable.shape)));
        return loss();
      });
      tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
      const slope = (around[0] - around[1]) / (2 * step);
      expect(Math.abs(slope - gradients[i][at])).toBeLessThan(2e-2 * Math.max(1, Math.abs(slope)));
    }
    disposeLayers(layers);
  });

  it('lets no gradient flow on to x unless it is wanted, and has the same others', () => {
    const layers = makeLayers(one, trainings['updates of query and value']);
    const expected = train(one, layers, encoder, RATES);
    for (const run of [encoder, composed.encoder]) {
      const [y, ...factors] = train(one, layers, run, RATES, false);
      closeTo([y, ...factors], [expected[0], ...expected.slice(2)], 1e-5);
    }
    const gradientOfX = (run: typeof encoder) => () =>
      tf.grad((x) =>
        tf.sum(run(x as tf.Tensor2D, offsetsOf(one.lengths), layers, { ...options, inputGradient: false })),
      )(inputOf(one));
    expect(gradientOfX(encoder)).toThrow(/Cannot compute gradient/);
    expect(gradientOfX(composed.encoder)).toThrow(/Cannot compute gradient/);
    disposeLayers(layers);
  });

  it.runIf(fused)('reaches only down to the lowest updated linear layer', () => {
    const all = makeLayers(one, trainings['updates of every linear layer']);
    for (const [layer, name] of [
      [1, 'query'],
      [1, 'attentionOutput'],
      [1, 'intermediate'],
      [1, 'output'],
      [0, 'output'],
    ] as const) {
      const layers = all.map((own, i) => {
        const lone = { ...own };
        for (const other of ALL)
          if (i !== layer || other !== name) lone[other] = { ...own[other], update: null };
        return lone;
      });
      closeTo(
        train(one, layers, encoder, RATES, false),
        train(one, layers, composed.encoder, RATES, false),
        1e-5,
      );
    }
    disposeLayers(all);
  });

  it.each(encoderUnits)('gives a sequence the same gradient beside one with a NaN, by %s', (unit) => {
    chooseUnit(unit);
    const several = cases['sequences around a tile'];
    const layers = makeLayers(several, trainings['no update']);
    const offsets = offsetsOf(several.lengths);
    const weights = normal<tf.Tensor2D>('dy', [tokensOf(several), several.hidden]);
    const gradientOfX = (numbers: Float32Array) =>
      tf.tidy(() => {
        const loss = (x: tf.Tensor) =>
          tf.sum(tf.mul(encoder(x as tf.Tensor2D, offsets, layers, { heads: several.heads }), weights));
        return tf.grad(loss)(tf.tensor2d(numbers, weights.shape)).dataSync<'float32'>();
      });
    const numbers = tf.tidy(() => inputOf(several).dataSync<'float32'>());
    for (const sequence of several.lengths.keys()) {
      const [begin, end] = [offsets[sequence] * several.hidden, offsets[sequence + 1] * several.hidden];
      const spoilt = numbers.slice();
      spoilt[begin + 5] = Number.NaN;
      for (const low of [false, true]) {
        const run = (x: Float32Array) => (low ? inBfloat16(() => gradientOfX(x)) : gradientOfX(x));
        const [usual, beside] = [run(numbers), run(spoilt)];
        expect(beside.subarray(begin, end).some(Number.isNaN)).toBe(true);
        usual.fill(0, begin, end);
        beside.fill(0, begin, end);
        expect(beside).toEqual(usual);
      }
    }
    weights.dispose();
    disposeLayers(layers);
  });

  it.runIf(fused)('is deterministic, on any number of threads', () => {
    const layers = makeLayers(
      cases['many sequences'],
      trainings['some parameters and updates, with dropout'],
    );
    for (const low of [false, true]) {
      const run = () => {
        const values = () => train(cases['many sequences'], layers, encoder, RATES);
        return low ? inBfloat16(values) : values();
      };
      for (const threads of [1, 3, 40]) {
        chooseInstructions('', threads);
        expect(run()).toEqual(run());
      }
      chooseInstructions('', 0);
    }
    disposeLayers(layers);
  });

  it.runIf(fused)(
    'is one op in each direction, saves activations in its dtype, and leaves nothing behind',
    async () => {
      const layers = makeLayers(one, { ...trainings['updates of query and value'], own: 1 });
      const ops: string[] = [];
      const saved = new Set<string>();
      const installed = installInterceptor('ops', (call, next) => {
        const outputs = next(call);
        if (call.op.startsWith('FinEncoder')) ops.push(call.op);
        if (call.op === 'FinEncoder')
          for (const { dtype } of outputs.slice(1, 1 + one.count)) saved.add(dtype);
        return outputs;
      });
      inBfloat16(() => train(one, layers, encoder, RATES));
      installed.remove();
      expect(ops).toEqual(['FinEncoder', 'FinEncoderGrad']);
      expect([...saved]).toEqual(['bfloat16']);
      train(one, layers, encoder, RATES);
      const again = await countTensors(() => {
        for (let i = 0; i < 3; i++) train(one, layers, encoder, RATES);
      });
      expect(again).toEqual(NO_GROWTH);
      disposeLayers(layers);
    },
  );

  it.runIf(fused)('returns gradients in float32, also of bfloat16 hidden states', () => {
    const layers = makeLayers(one, trainings['updates of query and value']);
    tf.tidy(() => {
      const { grads } = tf.variableGrads(() => {
        const y = inBfloat16(() =>
          encoder(inputOf(one), offsetsOf(one.lengths), layers, { heads: one.heads }),
        );
        expect(nativeDType(y)).toBe('bfloat16');
        return tf.sum(y);
      }, factorsOf(layers));
      for (const gradient of Object.values(grads)) expect(nativeDType(gradient)).toBe('float32');
    });
    disposeLayers(layers);
  });

  it.each([encoder, composed.encoder])('refuses updates that do not match', (run) => {
    const layers = makeLayers(one, trainings['updates of query and value']);
    const x = inputOf(one);
    const call = (change: object) => () =>
      tf.tidy(() => {
        const { query } = layers[1];
        const changed = { ...layers[1], query: { ...query, update: { ...query.update!, ...change } } };
        return run(x, offsetsOf(one.lengths), [layers[0], changed], options);
      });
    expect(call({ a: layers[1].query.update!.b })).toThrow(KernelInputError);
    expect(call({ a: layers[1].query.update!.b })).toThrow(
      /update of query of layer 1 has the shapes \[12,8\]/,
    );
    expect(call({ dropoutRate: 1 })).toThrow(/dropout rate of the update of query of layer 1/);
    disposeLayers(layers);
    x.dispose();
  });
});
