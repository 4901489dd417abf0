import { castNative, nativeDType } from '@fin/runtime';
import { allClose } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { EmbeddingLookup } from '../src/index.js';
import { composed, embeddings, KernelInputError } from '../src/index.js';
import { fused, implementations } from './support/implementations.js';
import { chooseInstructions, instructionSets } from './support/instructions.js';
import * as reference from './support/reference.js';
import { normal, read, withGradients } from './support/tensors.js';

type Table = readonly [name: string, entries: number];
const tables: readonly Table[] = [
  ['words', 50],
  ['types', 2],
  ['positions', 7],
];

/** Some rows are taken more than once, others never. */
const idsOf = (n: number, entries: number) =>
  tf.tensor1d(
    Array.from({ length: n }, (_, i) => (i * i + 3) % entries),
    'int32',
  );

/** Tables, and for each its ids. */
function lookupsOf(n: number, columns: number, some: readonly Table[] = tables): EmbeddingLookup[] {
  return some.map(([name, entries]) => ({
    table: tf.variable(normal(name, [entries, columns])),
    ids: idsOf(n, entries),
  }));
}

function normOf(columns: number) {
  const variable = (name: string) => tf.variable(normal<tf.Tensor1D>(name, [columns]));
  return { weight: variable('gamma'), bias: variable('beta') };
}

afterEach(() => chooseInstructions('', 0));

describe.each(implementations)('embeddings, %s', (_, { embeddings }) => {
  it.each([
    [0, 5],
    [1, 1],
    [4, 16],
    [40, 33],
    [700, 24],
  ])('equal double precision, [%i, %i]', (n, columns) => {
    const lookups = lookupsOf(n, columns);
    const norm = normOf(columns);
    const dy = normal('dy', [n, columns]);
    const inputs = [...lookups.map(({ table }) => table as tf.Tensor), norm.weight, norm.bias];
    const f = (...[words, types, positions, weight, bias]: tf.Tensor[]) =>
      embeddings(
        [words, types, positions].map((table, i) => ({ table: table as tf.Variable, ids: lookups[i].ids })),
        { weight: weight as tf.Variable<tf.Rank.R1>, bias: bias as tf.Variable<tf.Rank.R1> },
        { eps: 1e-3 },
      );
    const { value, gradients } = withGradients(f, inputs, dy);
    const [words, types, positions, gamma, beta] = inputs.map((input) => input.dataSync());
    const ids = lookups.map((lookup) => lookup.ids.dataSync());
    const z = Float64Array.from({ length: n * columns }, (_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      const at = (values: ArrayLike<number>, k: number) => values[ids[k][row] * columns + column];
      return at(words, 0) + at(types, 1) + at(positions, 2);
    });
    const matrix = { rows: n, cols: columns, data: z };
    const expected = reference.layerNorm(matrix, gamma, beta, 1e-3, dy.dataSync());
    const ofTables = lookups.map(({ table }, k) => {
      const sums = new Float64Array(table.size);
      for (const [i, element] of expected.dz.entries())
        sums[ids[k][Math.floor(i / columns)] * columns + (i % columns)] += element;
      return sums;
    });
    allClose(value, expected.y, { rtol: 1e-5, atol: 5e-6 });
    for (const [i, gradient] of [...ofTables, expected.dgamma, expected.dbeta].entries())
      allClose(gradients[i], gradient, { rtol: 1e-5, atol: 3e-6 * (n / 10 + 10) });
    tf.dispose([inputs, lookups.map((lookup) => lookup.ids), dy]);
  });

  it('refuses tables and norms that do not match', () => {
    const [norm, other] = [normOf(4), normOf(5)];
    const [words, types] = lookupsOf(3, 4);
    const [wide] = lookupsOf(3, 5);
    const [long] = lookupsOf(2, 4);
    const refused = (lookups: EmbeddingLookup[], own: typeof norm, message: RegExp) => {
      expect(() => embeddings(lookups, own)).toThrow(KernelInputError);
      expect(() => embeddings(lookups, own)).toThrow(message);
    };
    refused([], norm, /there is no table/);
    refused([words, wide], norm, /table 1 has the shape \[50,5\]/);
    refused([words, { ...types, ids: long.ids }], norm, /table 1 has the shape \[2,4\] and \[2\] ids/);
    refused([words], other, /gamma has the shape \[5\], but the tables have 4 columns/);
  });
});

describe.runIf(fused)('the op of all embeddings', () => {
  it.each(instructionSets)('has the bits of separate ops in float32, %s', (name) => {
    chooseInstructions(name, 1);
    const [lookups, norm] = [lookupsOf(60, 37), normOf(37)];
    const rows = lookups.map(({ table, ids }) => tf.gather(table, ids) as tf.Tensor2D);
    const sum = tf.add<tf.Tensor2D>(tf.add(rows[0], rows[1]), rows[2]);
    const [expected] = read(tf.tidy(() => embeddings([{ table: tf.variable(sum), ids: range(60) }], norm)));
    const [actual] = read(embeddings(lookups, norm));
    expect(actual).toEqual(expected);
    tf.dispose([rows, sum]);
  });

  it('rounds once in bfloat16', () => {
    const norm = normOf(24);
    const low = lookupsOf(30, 24).map(({ table, ids }) => ({
      table: tf.variable(castNative(table, 'bfloat16')),
      ids,
    }));
    const wide = low.map(({ table, ids }) => ({ table: tf.variable(castNative(table, 'float32')), ids }));
    const result = embeddings(low, norm);
    expect(nativeDType(result)).toBe('bfloat16');
    const [actual, expected] = read(result, composed.embeddings(wide, norm));
    allClose(actual, expected, { rtol: 0, atol: 0.04 });
  });

  it('takes tables of different dtypes op by op', () => {
    const [words, types] = lookupsOf(8, 6);
    const low = { table: tf.variable(castNative(types.table, 'bfloat16')), ids: types.ids };
    const [actual, expected] = read(
      embeddings([words, low], normOf(6)),
      composed.embeddings([words, low], normOf(6)),
    );
    allClose(actual, expected, { rtol: 1e-5, atol: 1e-5 });
  });
});

const range = (n: number) => tf.range(0, n, 1, 'int32');
