import { attr, installInterceptor } from '@fin/runtime';
import { fullTier } from '@fin/testkit';
import * as tf from '@tensorflow/tfjs-core';
import type { EncoderLayer, LowRankUpdate } from '../../src/index.js';
import { kernelsState } from '../../src/state.js';
import { fused } from './implementations.js';
import { normal } from './tensors.js';

const { addon } = kernelsState();

/** The units by which the encoder op can multiply in bfloat16 here, best first; empty where nothing is fused. */
export const encoderUnits: readonly string[] = addon?.encoderUnits() ?? [];

/** Computes encoders in bfloat16 by another unit from now on; '' for the best. */
export function chooseUnit(name: string): void {
  if (addon && !addon.chooseEncoder(name)) throw new Error(`there is no unit ${name}`);
}

export interface Case {
  readonly lengths: readonly number[];
  readonly count: number;
  readonly hidden: number;
  readonly heads: number;
  readonly intermediate: number;
}

const shape = (
  lengths: readonly number[],
  count: number,
  hidden: number,
  heads: number,
  intermediate: number,
) => ({
  lengths,
  count,
  hidden,
  heads,
  intermediate,
});

/** Head dimensions with and without a form of their own, odd widths, and every odd batch. */
export const cases: Readonly<Record<string, Case>> = {
  'no token': shape([], 1, 8, 2, 16),
  'empty sequences': shape([0, 3, 0, 0, 5, 0], 2, 12, 3, 20),
  'one token': shape([1], 2, 64, 2, 128),
  'one sequence': shape([37], 2, 64, 1, 96),
  '512 tokens': shape([512], 1, 32, 1, 64),
  'equal lengths': shape(Array<number>(24).fill(16), 2, 64, 2, 256),
  'sequences around a tile': shape([15, 16, 17, 31, 32, 33, 1, 2, 64, 65], 2, 128, 4, 288),
  'odd widths': shape([7, 1, 30, 12, 90], 3, 45, 5, 77),
  'a wide inner layer': shape([20, 25, 30], 1, 96, 3, 1300),
  'many sequences': shape(
    Array.from({ length: 70 }, (_, i) => 3 + ((i * 7) % 23)),
    2,
    48,
    3,
    192,
  ),
};

/** Cases of few tokens. */
const SMALL = ['no token', 'empty sequences', 'one token', 'one sequence'];

/**
 * Cases in which the encoder is compared with its composed twin. Where nothing is fused, the encoder is that twin: then the small cases
 * show that it runs, and `npm run test:full` runs all of them.
 */
export const comparedCases: readonly (readonly [name: string, one: Case])[] = Object.entries(cases).filter(
  ([name]) => fused || fullTier || SMALL.includes(name),
);

export const offsetsOf = (lengths: readonly number[]) => {
  const offsets = new Int32Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) offsets[i + 1] = offsets[i] + length;
  return offsets;
};
export const tokensOf = ({ lengths }: Case) => lengths.reduce((sum, length) => sum + length, 0);
export const inputOf = (one: Case) => normal<tf.Tensor2D>('x', [tokensOf(one), one.hidden]);

export const largest = (numbers: Float32Array) =>
  numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 0);

/** Layers with parameters that differ from each other; the caller disposes them with `disposeLayers`. */
export function encoderLayers(count: number, hidden: number, intermediate: number): EncoderLayer[] {
  return tf.tidy(() =>
    Array.from({ length: count }, (_, i) => {
      const vector = (name: string, size: number, mean = 0) =>
        tf.variable(tf.add(tf.mul(normal(`${i} ${name}`, [size]), 0.2), mean)) as tf.Variable<tf.Rank.R1>;
      const linear = (name: string, out: number, features: number) => ({
        weight: tf.variable(
          normal(`${i} ${name}`, [out, features], 1 / Math.sqrt(features)),
        ) as tf.Variable<tf.Rank.R2>,
        bias: vector(`${name} bias`, out),
      });
      const norm = (name: string) => ({
        weight: vector(`${name} gamma`, hidden, 1),
        bias: vector(`${name} beta`, hidden),
      });
      return {
        query: linear('query', hidden, hidden),
        key: linear('key', hidden, hidden),
        value: linear('value', hidden, hidden),
        attentionOutput: linear('attention output', hidden, hidden),
        attentionNorm: norm('attention'),
        intermediate: linear('intermediate', intermediate, hidden),
        output: linear('output', hidden, intermediate),
        outputNorm: norm('output'),
      };
    }),
  );
}

export type LinearName = Exclude<keyof EncoderLayer, 'attentionNorm' | 'outputNorm'>;

/** The layers frozen, some of their linear layers with an update of that rank. The parameters stay those of the given layers. */
export function withUpdates(
  layers: readonly EncoderLayer[],
  names: readonly LinearName[],
  { rank = 3, dropoutRate = 0 } = {},
): EncoderLayer[] {
  return layers.map((layer, i) => {
    for (const { weight, bias } of Object.values(layer)) {
      weight.trainable = false;
      bias.trainable = false;
    }
    const updated = names.map((name) => {
      const [out, features] = layer[name].weight.shape;
      const factor = (kind: string, shape: [number, number]) =>
        tf.tidy(() =>
          tf.variable(normal(`${i} ${name} ${kind}`, shape, 0.5 / Math.sqrt(shape[1]))),
        ) as tf.Variable<tf.Rank.R2>;
      const update: LowRankUpdate = {
        a: factor('A', [rank, features]),
        b: factor('B', [out, rank]),
        scaling: 1.5,
        dropoutRate,
      };
      return [name, { ...layer[name], update }];
    });
    return { ...layer, ...Object.fromEntries(updated) } as EncoderLayer;
  });
}

/** The factors of all updates. */
export function factorsOf(layers: readonly EncoderLayer[]): tf.Variable[] {
  return layers.flatMap((layer) =>
    Object.values(layer).flatMap((part) => {
      const update = 'update' in part ? (part.update as LowRankUpdate) : null;
      return update ? [update.a as tf.Variable, update.b as tf.Variable] : [];
    }),
  );
}

/** Weights and biases of the linear layers and norms, layer by layer. */
export function parametersOf(layers: readonly EncoderLayer[]): tf.Variable[] {
  return layers.flatMap((layer) =>
    Object.values(layer).flatMap(({ weight, bias }) => [weight as tf.Variable, bias as tf.Variable]),
  );
}

/** Factors of updates and other parameters that are trained. */
export const trainedOf = (layers: readonly EncoderLayer[]) => [
  ...factorsOf(layers),
  ...parametersOf(layers).filter(({ trainable }) => trainable),
];

export function disposeLayers(layers: readonly EncoderLayer[]): void {
  tf.dispose(parametersOf(layers));
  tf.dispose(factorsOf(layers));
}

/** Runs a function with encoder ops in bfloat16, as autocast does it. */
export function inBfloat16<T>(run: () => T): T {
  const { value } = attr.type('bfloat16');
  const installed = installInterceptor('bfloat16', (call, next) =>
    call.op === 'FinEncoder'
      ? next({ ...call, attrs: call.attrs.map((one) => (one.name === 'T' ? { ...one, value } : one)) })
      : next(call),
  );
  try {
    return run();
  } finally {
    installed.remove();
  }
}
