import { attr, nativeDType, rawOp } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { differentiable } from './differentiable.js';
import type { NormParameters } from './encoder/encoder-inputs.js';
import { expectInput } from './errors.js';
import { composedLayerNorm, layerNorm, layerNormGradients } from './layer-norm.js';
import { selectRows } from './rows.js';
import { usesFusedOps } from './state.js';
import { inDType } from './storage.js';

/** Which rows of an embedding table. */
export interface EmbeddingLookup {
  /** [entries, columns] */
  readonly table: tf.Variable;
  /** [n] int32, each below the number of entries */
  readonly ids: tf.Tensor1D;
}

export interface EmbeddingsOptions {
  /** Added to the variance. @default 1e-5, as in PyTorch; BERT uses 1e-12 */
  readonly eps?: number;
}

/**
 * Rows of one or more embedding tables, added up in their order and normalized: the bottom of BERT, where `torch.nn.Embedding` looks up
 * word, token type and position, and `torch.nn.LayerNorm` follows. Differentiable with respect to the tables, gamma and beta. The gradient
 * of a table is dense.
 *
 * On native TensorFlow the lookup, the sum and the norm are one op if all tables are float32, or all bfloat16.
 *
 * @param lookups tables of the same number of columns, with the same number of ids
 * @returns [n, columns], in the dtype of the tables
 * @throws KernelInputError if there is no table, or shapes do not match
 */
export function embeddings(
  lookups: readonly EmbeddingLookup[],
  norm: NormParameters,
  options: EmbeddingsOptions = {},
): tf.Tensor2D {
  checkLookups(lookups, norm);
  const [dtype, ...others] = lookups.map(({ table }) => nativeDType(table));
  const alike = others.every((other) => other === dtype) && (dtype === 'float32' || dtype === 'bfloat16');
  return tf.tidy(() =>
    usesFusedOps() && alike
      ? fuse(lookups, norm, options, dtype)
      : compose(lookups, norm, options, layerNorm),
  );
}

/** Composed twin of {@link embeddings}. */
export function composedEmbeddings(
  lookups: readonly EmbeddingLookup[],
  norm: NormParameters,
  options: EmbeddingsOptions = {},
): tf.Tensor2D {
  checkLookups(lookups, norm);
  return tf.tidy(() => compose(lookups, norm, options, composedLayerNorm));
}

function compose(
  lookups: readonly EmbeddingLookup[],
  { weight, bias }: NormParameters,
  options: EmbeddingsOptions,
  norm: typeof layerNorm,
): tf.Tensor2D {
  const rows = lookups.map(({ table, ids }) => selectRows(table as tf.Tensor as tf.Tensor2D, ids));
  const sum = rows.reduce((total, row) => tf.add<tf.Tensor2D>(total, row));
  return norm(sum, weight, bias, options);
}

function fuse(
  lookups: readonly EmbeddingLookup[],
  { weight, bias }: NormParameters,
  { eps = 1e-5 }: EmbeddingsOptions,
  dtype: 'float32' | 'bfloat16',
): tf.Tensor2D {
  const tables = lookups.map(({ table }) => table);
  const [gamma, beta] = [inDType(weight, 'float32'), inDType(bias, 'float32')];
  return differentiable({
    inputs: { gamma: weight, beta: bias, ...Object.fromEntries(tables.entries()) },
    forward: (save) => {
      const ids = lookups.map((lookup) => lookup.ids);
      const attrs = { T: attr.type(dtype), N: attr.int(tables.length), epsilon: attr.float(eps) };
      const [y, ...saved] = rawOp('FinEmbeddings', [...tables, ...ids, gamma, beta], attrs, 4);
      save([...saved, gamma, ...ids]);
      return y;
    },
    gradients: (dy, [sum, mean, rstd, gamma, ...ids]) => {
      const { dz, dgamma, dbeta } = layerNormGradients(dy, { x: sum, gamma, mean, rstd }, dtype);
      const ofTables = ids.map((rows, i) => {
        const gradient = () => tf.unsortedSegmentSum(dz, rows as tf.Tensor1D, tables[i].shape[0]);
        return [i, gradient] as const;
      });
      return { gamma: () => dgamma, beta: () => dbeta, ...Object.fromEntries(ofTables) };
    },
  }) as tf.Tensor2D;
}

function checkLookups(lookups: readonly EmbeddingLookup[], { weight, bias }: NormParameters): void {
  expectInput(lookups.length > 0, () => 'embeddings: there is no table');
  const [columns, n] = [lookups[0].table.shape[1], lookups[0].ids.size];
  for (const [i, { table, ids }] of lookups.entries()) {
    expectInput(
      table.rank === 2 && table.shape[1] === columns && ids.rank === 1 && ids.size === n,
      () =>
        `embeddings: table ${i} has the shape [${table.shape}] and [${ids.shape}] ids where [entries, ${columns}] and [${n}] are needed`,
    );
  }
  for (const [name, vector] of Object.entries({ gamma: weight, beta: bias })) {
    expectInput(
      `${vector.shape}` === `${columns}`,
      () => `embeddings: ${name} has the shape [${vector.shape}], but the tables have ${columns} columns`,
    );
  }
}
