import { castNative, countTensors, NO_GROWTH, nativeDType, randomStreams } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { composed, dropout, gelu, layerNorm, packedAttention } from '../src/index.js';
import { fused } from './support/implementations.js';
import { chooseInstructions, instructionSets } from './support/instructions.js';
import { normal, read } from './support/tensors.js';

/** 8 bits of mantissa, stored after each op; gradients are sums of such numbers. */
const tolerance = { rtol: 2e-2, atol: 4e-2 };

const stream = () => randomStreams(6).stream('dropout');

interface Case {
  readonly matrices: number;
  readonly vectors: number;
  run(matrices: tf.Tensor2D[], vectors: tf.Tensor1D[]): tf.Tensor;
}

const cases: Readonly<Record<string, Case>> = {
  gelu: { matrices: 1, vectors: 1, run: ([x], [bias]) => gelu(x, bias) },
  layerNorm: {
    matrices: 2,
    vectors: 3,
    run: ([x, residual], [gamma, beta, bias]) =>
      layerNorm(x, gamma, beta, { residual, bias, dropout: { rate: 0.1, stream: stream() } }),
  },
  packedAttention: {
    matrices: 3,
    vectors: 0,
    run: ([q, k, v]) => packedAttention(q, k, v, Int32Array.of(0, 3, 20), { heads: 3 }),
  },
  dropout: { matrices: 1, vectors: 0, run: ([x]) => dropout(x, { rate: 0.4, stream: stream() }) },
};

describe.runIf(fused).each(Object.entries(cases))('%s on bfloat16', (_, { matrices, vectors, run }) => {
  const wide = () => Array.from({ length: matrices }, (_, i) => normal<tf.Tensor2D>(`matrix ${i}`, [20, 39]));
  const low = () => tf.tidy(() => wide().map((x) => castNative(x, 'bfloat16')));
  const others = () => Array.from({ length: vectors }, (_, i) => normal<tf.Tensor1D>(`vector ${i}`, [39]));
  const f = (...inputs: tf.Tensor[]) =>
    run(inputs.slice(0, matrices) as tf.Tensor2D[], inputs.slice(matrices) as tf.Tensor1D[]);

  it.each(instructionSets)('by %s stores that and computes in float32', (name) => {
    chooseInstructions(name, 0);
    const stored = low();
    const rounded = stored.map((x) => castNative(x, 'float32'));
    const [parameters, dy] = [others(), normal('dy', [20, 39])];
    const own = tf.valueAndGrads(f)([...stored, ...parameters], dy);
    const expected = tf.valueAndGrads(f)([...rounded, ...parameters], dy);
    expect(nativeDType(own.value)).toBe('bfloat16');
    expect(own.grads.map(nativeDType)).toEqual([
      ...stored.map(() => 'bfloat16'),
      ...parameters.map(() => 'float32'),
    ]);
    const pairs = own.grads.map((gradient, i) => [gradient, expected.grads[i]]);
    for (const [a, b] of [...pairs, [own.value, expected.value]]) allClose(read(a)[0], read(b)[0], tolerance);
    tf.dispose([stored, rounded, parameters, dy]);
    chooseInstructions('', 0);
  });

  it('leaves nothing behind', async () => {
    const inputs = [...low(), ...others()];
    const step = () => tf.dispose(tf.grads(f)(inputs));
    step();
    expect(await countTensors(() => void Array.from({ length: 20 }, step))).toEqual(NO_GROWTH);
    tf.dispose(inputs);
  });
});

describe.runIf(fused)('a mixture of dtypes', () => {
  it('is computed in the wider one', () => {
    tf.tidy(() => {
      const x = normal<tf.Tensor2D>('x', [4, 8]);
      const low = castNative(x, 'bfloat16');
      const vector = normal<tf.Tensor1D>('vector', [8]);
      const y = layerNorm(low, castNative(vector, 'bfloat16'), vector, { residual: x });
      expect(nativeDType(y)).toBe('float32');
      const expected = composed.layerNorm(low, castNative(vector, 'bfloat16'), vector, {
        residual: x,
      });
      allClose(y.dataSync(), expected.dataSync(), { rtol: 1e-5, atol: 1e-5 });
      expect(nativeDType(gelu(castNative(x, 'float16')))).not.toBe('bfloat16');
    });
  });
});
