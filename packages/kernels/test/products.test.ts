import type { AttrValue } from '@fin/runtime';
import { attr, castNative, countTensors, NO_GROWTH, nativeDType, rawOp } from '@fin/runtime';
import { allClose, fullTier } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { computesBfloat16Products } from '../src/index.js';
import { fused } from './support/implementations.js';
import { chooseInstructions, instructionSets } from './support/instructions.js';
import { normal, read } from './support/tensors.js';

type Dtype = 'float32' | 'bfloat16';

/** [matrices, rows, columns, depth]: none, one, parts of tiles, of blocks and of depths, narrow ones, and one too large for one pass. */
const SHAPES = [
  [[], 1, 1, 1],
  [[], 5, 7, 3],
  [[], 97, 95, 401],
  [[2], 96, 192, 200],
  [[3, 2], 23, 64, 23],
  [[], 8, 130, 70],
  [[], 130, 8, 70],
  [[], 130, 1, 70],
  [[], 33, 49, 0],
  [[], 0, 5, 4],
  [[0], 3, 5, 4],
  [[], 100, 110, 70000],
] as const;

afterEach(() => chooseInstructions('', 0));

function product(a: tf.Tensor, b: tf.Tensor, dtype: Dtype, [adjX, adjY]: readonly boolean[]): tf.Tensor {
  const attrs = { T: attr.type(dtype), adj_x: attr.bool(adjX), adj_y: attr.bool(adjY) };
  return rawOp('FinMatMul', [a, b], attrs)[0];
}

/** Multiplications beyond which only every 23rd element is checked, in every row, column and block; the full tier checks all. */
const CHECK_ALL = 1e7;

/** Drawn once for all instruction sets. */
const drawn = new Map<string, Float32Array>();
function matrix(name: string, shape: number[]): tf.Tensor {
  const key = JSON.stringify([name, shape]);
  const known = drawn.get(key);
  if (known) return tf.tensor(known, shape, 'float32');
  const made = normal(name, shape);
  drawn.set(key, made.dataSync() as Float32Array);
  return made;
}

/** The product, and the sum of the absolute products, in double precision, for every `step`th element. */
function reference(
  a: Float32Array,
  b: Float32Array,
  [matrices, rows, cols, depth]: number[],
  [adjX, adjY]: readonly boolean[],
  step: number,
) {
  const values = new Float64Array(matrices * rows * cols);
  const sizes = new Float64Array(values.length);
  for (let i = 0; i < values.length; i += step) {
    const [matrix, row, col] = [Math.floor(i / (rows * cols)), Math.floor(i / cols) % rows, i % cols];
    for (let k = 0; k < depth; k++) {
      const x = a[matrix * rows * depth + (adjX ? k * rows + row : row * depth + k)];
      const y = b[matrix * depth * cols + (adjY ? col * depth + k : k * cols + col)];
      values[i] += x * y;
      sizes[i] += Math.abs(x * y);
    }
  }
  return { values, sizes };
}

const cases = instructionSets.flatMap((name) =>
  (['float32', 'bfloat16'] as const).map((dtype) => [name, dtype] as const),
);

describe.runIf(fused).each(cases)('FinMatMul by %s in %s', (name, dtype) => {
  it.each(SHAPES)('multiplies: matrices %j of %i rows, %i columns, depth %i', (batch, rows, cols, depth) => {
    chooseInstructions(name, 0);
    const all = [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ];
    const large = rows * cols * depth > CHECK_ALL;
    const step = large && !fullTier ? 23 : 1;
    for (const adjoint of large ? [all[1]] : all) {
      const [a, b] = tf.tidy(() => {
        const x = matrix('a', [...batch, ...(adjoint[0] ? [depth, rows] : [rows, depth])]);
        const y = matrix('b', [...batch, ...(adjoint[1] ? [cols, depth] : [depth, cols])]);
        return [castNative(x, dtype), castNative(y, dtype)];
      });
      const c = product(a, b, dtype, adjoint);
      expect([c.shape, nativeDType(c)]).toEqual([[...batch, rows, cols], dtype]);
      const { values, sizes } = reference(
        a.dataSync() as Float32Array,
        b.dataSync() as Float32Array,
        [tf.util.sizeFromShape([...batch]), rows, cols, depth],
        adjoint,
        step,
      );
      const own = read(c)[0];
      const rounding = dtype === 'bfloat16' ? 2 ** -8 : 2 ** -24;
      let worst = 0;
      for (let i = 0; i < own.length; i += step) {
        const allowed = rounding * Math.abs(values[i]) + 2 ** -20 * sizes[i] + 1e-30;
        worst = Math.max(worst, Math.abs(own[i] - values[i]) / allowed);
      }
      expect(worst).toBeLessThanOrEqual(1);
      tf.dispose([a, b]);
    }
  });
});

describe.runIf(fused)('FinMatMul', () => {
  it('gives the same bits on 1, 2, 3 and 8 threads', () => {
    const [a, b] = [normal('a', [300, 500]), normal('b', [500, 310])];
    const results = [1, 2, 3, 8].map((threads) => {
      chooseInstructions('', threads);
      return Array.from({ length: 5 }, () => read(product(a, b, 'float32', [false, false]))[0]);
    });
    for (const result of results.flat()) expect(result).toEqual(results[0][0]);
    tf.dispose([a, b]);
  });

  it('passes infinities and NaN on to the rows and columns they are in, and no further', () => {
    tf.tidy(() => {
      const a = tf.ones([10, 20]).bufferSync();
      a.set(Number.POSITIVE_INFINITY, 3, 5);
      a.set(Number.NaN, 9, 0);
      const c = product(a.toTensor(), tf.ones([20, 50]), 'float32', [false, false]).arraySync() as number[][];
      expect(c[3]).toEqual(Array(50).fill(Number.POSITIVE_INFINITY));
      expect(c[9]).toEqual(Array(50).fill(Number.NaN));
      for (const row of [0, 2, 4, 8]) expect(c[row]).toEqual(Array(50).fill(20));
    });
  });

  it('leaves nothing behind', async () => {
    const [a, b] = [normal('a', [30, 50]), normal('b', [50, 31])];
    const step = () => product(a, b, 'float32', [false, false]).dispose();
    step();
    expect(await countTensors(() => void Array.from({ length: 50 }, step))).toEqual(NO_GROWTH);
    tf.dispose([a, b]);
  });
});

describe.runIf(computesBfloat16Products())('products of bfloat16 tensors', () => {
  const [a, b] = [normal<tf.Tensor2D>('a', [40, 60]), normal<tf.Tensor2D>('b', [50, 60])];
  const attrs = (
    T: Dtype,
    names: readonly [string, string] = ['adj_x', 'adj_y'],
  ): Record<string, AttrValue> => ({
    T: attr.type(T),
    [names[0]]: attr.bool(false),
    [names[1]]: attr.bool(true),
  });

  it.each([
    ['BatchMatMulV2', attrs('bfloat16')],
    ['BatchMatMul', attrs('bfloat16')],
    ['MatMul', attrs('bfloat16', ['transpose_a', 'transpose_b'])],
  ])('by %s are those of FinMatMul', (op, named) => {
    tf.tidy(() => {
      const [x, y] = [castNative(a, 'bfloat16'), castNative(b, 'bfloat16')];
      const own = rawOp(op, [x, y], named)[0];
      expect(nativeDType(own)).toBe('bfloat16');
      expect(own.dataSync()).toEqual(product(x, y, 'bfloat16', [false, true]).dataSync());
      const exact = tf.matMul(castNative(x, 'float32'), castNative(y, 'float32'), false, true);
      allClose(own.dataSync(), exact.dataSync(), { rtol: 2 ** -8, atol: 1e-4 });
    });
  });

  it('are left to TensorFlow with FIN_KERNELS=0, and where the call does not ask for bfloat16', () => {
    tf.tidy(() => {
      const [x, y] = [castNative(a, 'bfloat16'), castNative(b, 'bfloat16')];
      expect(nativeDType(tf.matMul(x as tf.Tensor2D, y as tf.Tensor2D, false, true))).toBe('float32');
      vi.stubEnv('FIN_KERNELS', '0');
      expect(computesBfloat16Products()).toBe(false);
      const theirs = rawOp('BatchMatMulV2', [x, y], attrs('bfloat16'))[0];
      vi.unstubAllEnvs();
      allClose(theirs.dataSync(), product(x, y, 'bfloat16', [false, true]).dataSync(), {
        rtol: 2 ** -7,
        atol: 1e-2,
      });
    });
  });
});
