import {
  isDynamicInt8,
  linear,
  loadKernels,
  lowBitFormatOf,
  lowBitFormats,
  lowBitTensor,
} from '@fin/kernels';
import { countTensors, hasNativeOps, NO_GROWTH, nativeDType, parameter } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AmpInputError, autocast, describePrecision, toLowBit, toLowPrecision } from '../../src/index.js';
import { relativeError } from '../support/relative-error.js';

vi.stubEnv('FIN_KERNELS', '');
const fused = hasNativeOps() && (await loadKernels()).available;
afterAll(() => void vi.unstubAllEnvs());

let parameters: Map<string, tf.Variable>;
const module = { namedParameters: () => parameters };

beforeEach(() => {
  const normal = (name: string, shape: number[], trainable = false): [string, tf.Variable] => [
    name,
    parameter(name, tf.randomNormal(shape, 0, 1, 'float32', name.length), trainable),
  ];
  parameters = new Map([
    normal('bert.embeddings.word_embeddings.weight', [50, 64]),
    normal('dense.weight', [64, 96]),
    normal('dense.bias', [64]),
    normal('lora_A.weight', [8, 96], true),
  ]);
});
afterEach(() => tf.dispose([...parameters.values()]));

describe.each(lowBitFormats)('weights stored as %s', (format) => {
  it('are the frozen matrices but embeddings; the memory is that of the codes where fused ops run', async () => {
    const dense = parameters.get('dense.weight')!;
    tf.tidy(() => void [...parameters.values()].map((variable) => tf.square(variable)));
    const coded = lowBitTensor(dense, format);
    const expected = coded.dataSync().slice();
    coded.dispose();
    const plain = 64 * 96 * 4;
    // NF4: header, half a byte for each element, 96 scales, 1 scale of scales, its map; each filled up to 64 bytes.
    const codes = format === 'nf4' ? 64 + 3072 + 128 + 64 + 1024 : 64 + 6144 + 256;
    const growth = await countTensors(() => {
      const bytesAfter = fused ? codes : plain;
      expect(toLowBit(module, { format })).toEqual({
        names: ['dense.weight'],
        bytesBefore: plain,
        bytesAfter,
      });
    });
    expect(growth).toMatchObject({ tensors: 0, dataBuffers: 0 });
    if (fused) expect(growth).toEqual(NO_GROWTH);
    expect(parameters.get('dense.weight')).toBe(dense);
    expect(lowBitFormatOf(dense)).toBe(fused ? format : null);
    expect(dense.dataSync()).toEqual(expected);
  });

  it('are those asked for, but never trainable ones, nor twice', () => {
    const all = toLowBit(module, { format, include: () => true }).names;
    expect(all).toEqual(['bert.embeddings.word_embeddings.weight', 'dense.weight']);
    if (fused) expect(toLowBit(module, { format, include: () => true }).names).toEqual([]);
  });

  it('stay so when the rest is stored in two bytes', () => {
    toLowBit(module, { format });
    const { names } = toLowPrecision(module, { dtype: 'bfloat16' });
    expect(names.includes('bert.embeddings.word_embeddings.weight')).toBe(true);
    if (fused) {
      expect(lowBitFormatOf(parameters.get('dense.weight')!)).toBe(format);
      expect(nativeDType(parameters.get('bert.embeddings.word_embeddings.weight')!)).toBe('bfloat16');
    }
  });

  it('compute with the numbers of their codes, under autocast and without, and are assigned as any variable', () => {
    const x = tf.randomNormal<tf.Rank.R2>([16, 96], 0, 1, 'float32', 4);
    const dense = parameters.get('dense.weight') as tf.Variable<tf.Rank.R2>;
    const compute = () => tf.tidy(() => tf.matMul(x, dense, false, true).dataSync());
    toLowBit(module, { format });
    const coded = compute();
    const low = autocast({ dtype: 'bfloat16' }, compute);
    const plain = tf.tensor2d(dense.dataSync(), dense.shape);
    dense.assign(plain);
    expect(lowBitFormatOf(dense)).toBeNull();
    expect(relativeError(coded, compute())).toBeLessThan(1e-6);
    expect(relativeError(low, coded)).toBeLessThan(2e-2);
    tf.dispose([x, plain]);
  });
});

describe('weights and activations in int8', () => {
  it('quantize the input of linear layers, for inference alone', () => {
    const dense = parameters.get('dense.weight') as tf.Variable<tf.Rank.R2>;
    const x = tf.randomNormal<tf.Rank.R2>([16, 96], 0, 1, 'float32', 4);
    const compute = () => tf.tidy(() => linear(x, dense as tf.Variable).dataSync());
    const plain = compute();
    const report = toLowBit(module, { format: 'int8', activations: 'int8' });
    // Header, two panels of 32 rows and 128 depths, scales and sums of 64 rows.
    const bytesAfter = fused ? 64 + 64 * 128 + 2 * 4 * 64 : 64 * 96 * 4;
    expect(report).toEqual({ names: ['dense.weight'], bytesBefore: 64 * 96 * 4, bytesAfter });
    expect(isDynamicInt8(dense)).toBe(true);
    const error = relativeError(compute(), plain);
    expect(error).toBeGreaterThan(1e-4);
    expect(error).toBeLessThan(3e-2);
    expect(toLowBit(module, { format: 'int8', activations: 'int8' }).names).toEqual([]);
    expect(() => tf.grad((input) => linear(input as tf.Tensor2D, dense as tf.Variable))(x)).toThrow(
      'for inference alone',
    );
    x.dispose();
  });

  it('are refused apart: activations in int8 need weights in int8', () => {
    expect(() => toLowBit(module, { format: 'nf4', activations: 'int8' })).toThrow(AmpInputError);
  });

  it('are described with the unit that multiplies', () => {
    const { asked, decision, summary } = describePrecision('int8');
    expect(asked).toBe('int8');
    expect(decision?.dtype ?? null).toBe(hasNativeOps() ? 'bfloat16' : null);
    expect(summary).toMatch(
      fused ? /^dynamic quantization.* products by \w+; the rest bfloat16/ : /multiplied as floats, because/,
    );
  });
});
