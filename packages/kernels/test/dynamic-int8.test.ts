import { readFileSync } from 'node:fs';
import { castNative, countTensors, encodingOf, memory, NO_GROWTH, nativeDType } from '@fin/runtime';
import { allClose, fullTier, parity } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { EncoderLayer } from '../src/index.js';
import {
  composed,
  dynamicInt8Tensor,
  encoder,
  isDynamicInt8,
  KernelInputError,
  linear,
  lowBitFormatOf,
  lowBitTensor,
} from '../src/index.js';
import { kernelsState } from '../src/state.js';
import type { LinearName } from './support/encoder.js';
import {
  cases,
  chooseUnit,
  disposeLayers,
  encoderLayers,
  encoderUnits,
  inBfloat16,
  inputOf,
  largest,
  offsetsOf,
  withUpdates,
} from './support/encoder.js';
import { fused } from './support/implementations.js';
import { chooseInstructions, instructionSets } from './support/instructions.js';
import { normal } from './support/tensors.js';

/** What `tooling/oracle/kernels-dynamic-int8.py` wrote; arrays in base64. */
interface Oracle {
  readonly cases: Readonly<
    Record<
      string,
      Readonly<Record<'rows' | 'in' | 'out', number>> &
        Readonly<Record<'x' | 'weight' | 'bias' | 'y', string>>
    >
  >;
}

const oracle = JSON.parse(
  readFileSync(new URL('./fixtures/dynamic-int8.json', import.meta.url), 'utf8'),
) as Oracle;
const floats = (text: string) => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);

const { addon } = kernelsState();
const units: readonly string[] = addon?.int8Units() ?? [];

/** Runs with each unit, and with each set of instructions by vectors. */
function everyUnit(run: (name: string) => void): void {
  for (const unit of units) {
    expect(addon!.chooseInt8(unit)).toBe(true);
    for (const set of unit === 'vectors' ? instructionSets : instructionSets.slice(0, 1)) {
      chooseInstructions(set, 0);
      run(`${unit}, ${set}`);
    }
  }
}

afterEach(() => {
  chooseInstructions('', 0);
  chooseUnit('');
  addon?.chooseInt8('');
});

type Weight = tf.Variable<tf.Rank.R2>;

/** The weight for dynamic quantization; the caller disposes it. */
function quantized(matrix: tf.Tensor): Weight {
  const coded = dynamicInt8Tensor(matrix);
  const variable = tf.variable(coded, false);
  coded.dispose();
  return variable as Weight;
}

/** The numbers of a linear layer, by a function of this package. */
function apply(
  run: typeof linear,
  x: Float32Array,
  [rows, features]: readonly [number, number],
  weight: Weight,
  bias: tf.Variable | null = null,
): Float32Array {
  return tf.tidy(() =>
    run(tf.tensor2d(x, [rows, features]), weight as tf.Variable, bias)
      .dataSync<'float32'>()
      .slice(),
  );
}

describe.each(Object.entries(oracle.cases))('a linear layer in int8, %s', (_, one) => {
  it('gives what that of bitsandbytes gives, by every unit', () => {
    const matrix = tf.tensor2d(floats(one.weight), [one.out, one.in]);
    const weight = quantized(matrix);
    const bias = tf.variable(tf.tensor1d(floats(one.bias)));
    const expected = floats(one.y);
    const tolerance = parity('dynamic-int8');
    const check = (run: typeof linear) =>
      allClose(apply(run, floats(one.x), [one.rows, one.in], weight, bias), expected, tolerance);
    check(composed.linear);
    check(linear);
    everyUnit(() => check(linear));
    tf.dispose([matrix, weight, bias]);
  });
});

describe('a linear layer in int8', () => {
  const shapes = [
    [1, 1, 1],
    [3, 5, 7],
    [33, 64, 32],
    [17, 65, 33],
    [97, 130, 300],
    [0, 4, 3],
    [2, 4, 0],
  ] as const;

  it.each(shapes)('gives what its composed twin gives: %i rows, %i in, %i out', (rows, features, out) => {
    const [x, matrix] = [normal('x', [rows, features]), normal('matrix', [out, features])];
    const bias = tf.tidy(() => tf.variable(normal('bias', [out])));
    const weight = quantized(matrix);
    const values = x.dataSync<'float32'>();
    const expected = apply(composed.linear, values, [rows, features], weight, bias);
    const atol = 2e-6 * Math.max(largest(expected), 1);
    allClose(apply(linear, values, [rows, features], weight, bias), expected, { rtol: 0, atol });
    everyUnit(() =>
      allClose(apply(linear, values, [rows, features], weight, bias), expected, { rtol: 0, atol }),
    );
    tf.dispose([x, matrix, bias, weight]);
  });

  it.runIf(fused)('has the same bits by every unit, and on any number of threads', () => {
    const [x, matrix] = [normal('x', [200, 384]), normal('matrix', [300, 384])];
    const weight = quantized(matrix);
    const values = x.dataSync<'float32'>();
    const expected = apply(linear, values, [200, 384], weight);
    everyUnit(() => expect(apply(linear, values, [200, 384], weight)).toEqual(expected));
    addon!.chooseInt8('');
    for (const threads of [1, 3]) {
      chooseInstructions('', threads);
      expect(apply(linear, values, [200, 384], weight)).toEqual(expected);
    }
    tf.dispose([x, matrix, weight]);
  });

  it('gives the bias for rows of zeros and of the smallest numbers, and NaN for rows with NaN or infinity alone', () => {
    const matrix = normal('matrix', [35, 70]);
    const weight = quantized(matrix);
    const bias = tf.tidy(() => tf.variable(normal('bias', [35])));
    const rows = [0, 1e-40, 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e37];
    const x = Float32Array.from({ length: rows.length * 70 }, (_, i) =>
      i % 70 === 20 ? rows[Math.floor(i / 70)] : 0,
    );
    const biases = [...bias.dataSync()];
    const check = (run: typeof linear) => {
      const y = apply(run, x, [rows.length, 70], weight, bias);
      const row = (i: number) => [...y.subarray(35 * i, 35 * i + 35)];
      expect(row(0)).toEqual(biases);
      expect(row(1)).toEqual(biases);
      for (const i of [2, 6]) expect(row(i).every(Number.isFinite)).toBe(true);
      expect(row(2)).not.toEqual(biases);
      for (const i of [3, 4, 5]) expect(row(i).every(Number.isNaN)).toBe(true);
    };
    check(composed.linear);
    check(linear);
    everyUnit(() => check(linear));
    tf.dispose([matrix, weight, bias]);
  });

  it.runIf(fused)('takes activations in bfloat16, and returns them so', () => {
    const matrix = normal('matrix', [40, 96]);
    const weight = quantized(matrix);
    const x = tf.tidy(() => castNative(normal<tf.Tensor2D>('x', [9, 96]), 'bfloat16'));
    const expected = apply(linear, x.dataSync<'float32'>(), [9, 96], weight);
    everyUnit(() =>
      tf.tidy(() => {
        const y = linear(x, weight as tf.Variable);
        expect(nativeDType(y)).toBe('bfloat16');
        allClose(y.dataSync(), expected, { rtol: 2 ** -8, atol: 0 });
      }),
    );
    tf.dispose([matrix, weight, x]);
  });
});

describe('a weight for dynamic quantization', () => {
  it('has the numbers of a weight in int8, as a quarter of the memory where fused ops run, and is freed', async () => {
    const matrix = normal<tf.Tensor2D>('matrix', [45, 77]);
    const before = memory().native?.bytes.uint8 ?? 0;
    const int8 = lowBitTensor(matrix, 'int8');
    const expected = int8.dataSync().slice();
    int8.dispose();
    const weight = quantized(matrix);
    expect(weight.dataSync()).toEqual(expected);
    expect([isDynamicInt8(weight), isDynamicInt8(matrix), lowBitFormatOf(matrix)]).toEqual([
      true,
      false,
      null,
    ]);
    expect(encodingOf(weight)).toBe(fused ? 'int8 panels' : null);
    // Header, two panels of 32 rows and 128 depths, scales and sums of 64 rows.
    if (fused) expect(memory().native!.bytes.uint8! - before).toBe(64 + 64 * 128 + 2 * 4 * 64);
    const x = normal<tf.Tensor2D>('x', [3, 77]);
    const step = () => tf.tidy(() => void linear(x, weight as tf.Variable).dataSync());
    step();
    expect(await countTensors(step)).toEqual(NO_GROWTH);
    weight.assign(matrix);
    expect(isDynamicInt8(weight)).toBe(false);
    tf.dispose([matrix, weight, x]);
    expect(memory().native?.bytes.uint8 ?? 0).toBe(before);
  });

  it('is refused while a gradient is recorded', () => {
    const layers = encoderLayers(1, 8, 16);
    quantize(layers, LINEARS);
    const x = normal<tf.Tensor2D>('x', [5, 8]);
    const offsets = Int32Array.of(0, 5);
    const gradient = (run: (x: tf.Tensor2D) => tf.Tensor) => () =>
      tf.tidy(() => tf.grad((input) => tf.sum(run(input as tf.Tensor2D)))(x));
    expect(gradient((input) => linear(input, layers[0].query.weight as tf.Variable))).toThrow(
      KernelInputError,
    );
    expect(gradient((input) => encoder(input, offsets, layers, { heads: 2 }))).toThrow(/for inference alone/);
    disposeLayers(layers);
    x.dispose();
  });
});

const LINEARS: readonly LinearName[] = ['query', 'key', 'value', 'attentionOutput', 'intermediate', 'output'];

/** Replaces weights by those for dynamic quantization. */
function quantize(layers: readonly EncoderLayer[], names: readonly LinearName[]): void {
  for (const layer of layers) {
    for (const name of names) {
      const { weight } = layer[name];
      weight.trainable = false;
      const coded = dynamicInt8Tensor(weight);
      weight.assign(coded);
      coded.dispose();
    }
  }
}

/** Where nothing is fused, the encoder is its composed twin: a small case shows that it runs. */
const CASES = ['one token', 'no token', 'odd widths', 'sequences around a tile', 'a wide inner layer'].filter(
  (_, i) => fused || fullTier || i === 0,
);

describe.each(CASES)('an encoder in int8, %s', (name) => {
  const one = cases[name];

  /** Norm of the difference, relative to that of the second. */
  const apart = (a: Float32Array, b: Float32Array) => {
    const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    return norm(a.map((value, i) => value - b[i])) / Math.max(norm(b), 1e-30);
  };

  const values = (run: typeof encoder, layers: readonly EncoderLayer[]) =>
    tf.tidy(() =>
      run(inputOf(one), offsetsOf(one.lengths), layers, { heads: one.heads }).dataSync<'float32'>().slice(),
    );

  it('gives what its composed twin gives, but for activations that round to neighbouring codes', () => {
    const layers = encoderLayers(one.count, one.hidden, one.intermediate);
    const exact = values(encoder, layers);
    quantize(layers, LINEARS);
    const expected = values(composed.encoder, layers);
    const check = () => expect(apart(values(encoder, layers), expected)).toBeLessThan(3e-3);
    check();
    everyUnit(check);
    for (const threads of [1, 3]) {
      chooseInstructions('', threads);
      check();
    }
    expect(apart(expected, exact)).toBeLessThan(5e-2);
    disposeLayers(layers);
  });

  it.runIf(fused)('also with some weights in int8, with adapters, and in bfloat16 by every unit', () => {
    const make = () =>
      withUpdates(encoderLayers(one.count, one.hidden, one.intermediate), ['query', 'output']);
    const [layers, some] = [make(), make()];
    const exact = values(encoder, layers);
    quantize(layers, LINEARS);
    quantize(some, ['key', 'intermediate']);
    expect(apart(values(encoder, some), exact)).toBeLessThan(5e-2);
    const expected = values(encoder, layers);
    for (const unit of encoderUnits) {
      chooseUnit(unit);
      expect(
        apart(
          inBfloat16(() => values(encoder, layers)),
          expected,
        ),
      ).toBeLessThan(3e-2);
    }
    disposeLayers(layers);
    disposeLayers(some);
  });
});
