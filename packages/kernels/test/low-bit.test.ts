import { readFileSync } from 'node:fs';
import { countTensors, encodingOf, memory, NO_GROWTH, nativeDType } from '@fin/runtime';
import { allClose, parity } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { EncoderLayer } from '../src/index.js';
import { encoder, lowBitFormatOf, lowBitFormats, lowBitTensor } from '../src/index.js';
import { dequantizeInt8, quantizeInt8 } from '../src/low-bit/int8.js';
import { decodeMatrix, encodeMatrix } from '../src/low-bit/low-bit-matrix.js';
import { dequantizeNf4, quantizeNf4 } from '../src/low-bit/nf4.js';
import {
  cases,
  chooseUnit,
  disposeLayers,
  encoderLayers,
  encoderUnits,
  inBfloat16,
  inputOf,
  offsetsOf,
  tokensOf,
  trainedOf,
  withUpdates,
} from './support/encoder.js';
import { fused } from './support/implementations.js';
import { chooseInstructions, instructionSets } from './support/instructions.js';
import { normal } from './support/tensors.js';

/** What `tooling/oracle/kernels-low-bit.py` wrote; arrays in base64. */
interface Oracle {
  readonly cases: readonly {
    readonly shape: [number, number];
    readonly weight: string;
    readonly nf4: Record<'codes' | 'scaleCodes' | 'scales' | 'numbers', string> & { readonly offset: number };
    readonly int8: Record<'codes' | 'scales' | 'numbers', string>;
  }[];
}

const oracle = JSON.parse(
  readFileSync(new URL('./fixtures/low-bit.json', import.meta.url), 'utf8'),
) as Oracle;
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'base64'));
const floats = (text: string) => new Float32Array(bytes(text).buffer);

afterEach(() => {
  chooseInstructions('', 0);
  chooseUnit('');
});

describe.each(oracle.cases.map((one) => [`${one.shape}`, one] as const))('a matrix of %s', (_, one) => {
  it('has in NF4 the codes, scales and numbers of bitsandbytes', () => {
    const nf4 = quantizeNf4(floats(one.weight));
    expect(nf4.codes).toEqual(bytes(one.nf4.codes));
    expect(nf4.scales.codes).toEqual(bytes(one.nf4.scaleCodes));
    // torch sums the scales for their mean in another order.
    const tolerance = parity('nf4');
    allClose([nf4.offset], [one.nf4.offset], tolerance);
    allClose(nf4.scales.absmax, floats(one.nf4.scales), tolerance);
    allClose(dequantizeNf4(nf4, one.shape[0] * one.shape[1]), floats(one.nf4.numbers), tolerance);
  });

  it('has in int8 the codes, scales and numbers of bitsandbytes', () => {
    const int8 = quantizeInt8(floats(one.weight), one.shape[0]);
    expect(int8.codes).toEqual(new Int8Array(bytes(one.int8.codes).buffer));
    expect(int8.absmax).toEqual(floats(one.int8.scales));
    expect(dequantizeInt8(int8)).toEqual(floats(one.int8.numbers));
  });
});

describe.each(lowBitFormats)('lowBitTensor, %s', (format) => {
  const matrices: [number, number][] = [
    [1, 1],
    [3, 5],
    [45, 77],
    [64, 64],
    [33, 130],
    [0, 4],
  ];

  it.each(matrices)('reads and computes with the numbers that the codes stand for: %i x %i', (rows, cols) => {
    const matrix = normal<tf.Tensor2D>('matrix', [rows, cols]);
    const values = matrix.dataSync<'float32'>();
    const coded = lowBitTensor(matrix, format);
    const encoded = encodeMatrix(values, [rows, cols], format);
    const numbers = decodeMatrix(encoded);
    expect(coded.shape).toEqual([rows, cols]);
    expect(nativeDType(coded)).toBe('float32');
    expect(coded.dataSync()).toEqual(numbers);
    const sum = tf.tidy(() => tf.add(coded, coded).dataSync());
    expect(sum).toEqual(numbers.map((value) => value + value));
    tf.dispose([matrix, coded]);
  });

  it('rounds zeros to zeros, and each number by no more than the gaps between the codes', () => {
    const zeros = decodeMatrix(encodeMatrix(new Float32Array(128), [2, 64], format));
    expect(zeros.every((value) => value === 0)).toBe(true);
    const values = normal('values', [64, 64]).dataSync<'float32'>();
    const numbers = decodeMatrix(encodeMatrix(values, [64, 64], format));
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    // The widest gap of NF4 is 0.304; int8 has 127 steps.
    allClose(numbers, values, { rtol: 0, atol: (format === 'nf4' ? 0.17 : 0.51 / 127) * largest });
  });

  it.runIf(fused)('takes the memory of its codes alone, and frees it', async () => {
    const matrix = normal<tf.Tensor2D>('matrix', [256, 512]);
    const before = memory().native!.bytes.uint8 ?? 0;
    const variable = tf.variable(matrix);
    const coded = lowBitTensor(matrix, format);
    variable.assign(coded);
    coded.dispose();
    expect(encodingOf(variable)).toBe(format);
    expect(lowBitFormatOf(variable)).toBe(format);
    expect(memory().native!.bytes.uint8! - before).toBe(
      encodeMatrix(new Float32Array(256 * 512), [256, 512], format).length,
    );
    const x = normal<tf.Tensor2D>('x', [3, 512]);
    const step = () =>
      tf.tidy(() => void tf.matMul(x, variable as unknown as tf.Tensor2D, false, true).dataSync());
    step();
    expect(await countTensors(step)).toEqual(NO_GROWTH);
    tf.dispose([variable, matrix, x]);
    expect(memory().native!.bytes.uint8 ?? 0).toBe(before);
  });
});

const CASES = [
  'one token',
  'odd widths',
  'sequences around a tile',
  'a wide inner layer',
  'empty sequences',
] as const;

/** Output, then gradients of x and of the updates, of an encoder with these layers. */
function train(name: (typeof CASES)[number], layers: readonly EncoderLayer[], low: boolean): Float32Array[] {
  const one = cases[name];
  const x = tf.tidy(() => tf.variable(inputOf(one)));
  const weights = normal<tf.Tensor2D>('dy', [tokensOf(one), one.hidden]);
  let y: tf.Tensor | undefined;
  const run = () => {
    const { value, grads } = tf.variableGrads(() => {
      const output = encoder(x, offsetsOf(one.lengths), layers, { heads: one.heads });
      y = tf.keep(tf.clone(output));
      return tf.sum(tf.mul(output, weights)) as tf.Scalar;
    }, [x, ...trainedOf(layers)]);
    const results = [y!, ...[x, ...trainedOf(layers)].map(({ name }) => grads[name])].map((tensor) =>
      tensor.dataSync<'float32'>().slice(),
    );
    tf.dispose([value, grads, y!]);
    return results;
  };
  const results = low ? inBfloat16(run) : run();
  tf.dispose([x, weights]);
  return results;
}

/** The weights of linear layers, replaced. */
function replaceWeights(layers: readonly EncoderLayer[], by: (matrix: tf.Tensor2D) => tf.Tensor): void {
  for (const layer of layers) {
    for (const part of ['query', 'key', 'value', 'attentionOutput', 'intermediate', 'output'] as const) {
      const { weight } = layer[part];
      weight.trainable = false;
      const next = by(weight as unknown as tf.Tensor2D);
      weight.assign(next as tf.Tensor2D);
      next.dispose();
    }
  }
}

describe.runIf(fused)('an encoder with weights in few bits', () => {
  /** It widens the weights to the numbers of plain float32 weights, so that the sums are the same. */
  const compare = (name: (typeof CASES)[number], format: (typeof lowBitFormats)[number], low: boolean) => {
    const { count, hidden, intermediate } = cases[name];
    const make = () =>
      withUpdates(encoderLayers(count, hidden, intermediate), ['query', 'output'], { rank: 3 });
    const [plain, coded] = [make(), make()];
    replaceWeights(plain, (matrix) =>
      tf.tensor2d(
        decodeMatrix(encodeMatrix(matrix.dataSync<'float32'>(), matrix.shape, format)),
        matrix.shape,
      ),
    );
    replaceWeights(coded, (matrix) => lowBitTensor(matrix, format));
    expect(train(name, coded, low)).toEqual(train(name, plain, low));
    disposeLayers(plain);
    disposeLayers(coded);
  };

  it.each(CASES.flatMap((name) => lowBitFormats.map((format) => [name, format] as const)))(
    'gives the bits of one with the same numbers in float32, forward and backward: %s, %s',
    (name, format) => compare(name, format, false),
  );

  it.each(instructionSets)('gives the same bits by %s', (set) => {
    chooseInstructions(set, 1);
    compare('odd widths', 'nf4', false);
    compare('sequences around a tile', 'int8', false);
  });

  it.each(encoderUnits)('gives the same bits in bfloat16, by %s', (unit) => {
    chooseUnit(unit);
    compare('odd widths', 'nf4', true);
    compare('sequences around a tile', 'int8', true);
  });

  it('frees all memory, and keeps no packed copy of such weights', () => {
    const before = memory().native!.handles;
    const { count, hidden, intermediate } = cases['one token'];
    const layers = withUpdates(encoderLayers(count, hidden, intermediate), ['query']);
    replaceWeights(layers, (matrix) => lowBitTensor(matrix, 'nf4'));
    const bytes = () => memory().native!.bytes;
    const { uint8, float32 } = bytes();
    train('one token', layers, false);
    expect(bytes().uint8).toBe(uint8);
    // The factors of the updates are uploaded when they are first used. One packed weight would take 16 KiB.
    expect(bytes().float32! - float32!).toBeLessThan(8192);
    disposeLayers(layers);
    expect(memory().native!.handles).toBe(before);
  });
});
