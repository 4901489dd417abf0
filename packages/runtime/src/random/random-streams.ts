import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from '../backend/node-backend.js';
import { nodeBackend } from '../backend/node-backend.js';
import { attr } from '../dispatch/attributes.js';
import { dtypeNumber } from '../dispatch/dtypes.js';
import { normalFloats, permutation, uniformFloats } from './draws.js';
import type { PhiloxState, Word64 } from './philox.js';
import { philoxWords, statelessState } from './philox.js';

/** Where a stream stands: how many draws were made from it. */
export interface RandomStreamState {
  readonly counter: number;
}

/** A named source of random numbers; see `randomStreams`. */
export interface RandomStream {
  readonly name: string;
  /**
   * The child stream at a position, such as a step or a layer: a pure function of this stream's key and `counter`, whatever was
   * drawn before. It starts at its own draw 0.
   */
  at(counter: number): RandomStream;
  /** float32 values, uniform in [min, max). Same bits on every backend. @default min 0, max 1 */
  uniform(shape: readonly number[], min?: number, max?: number): tf.Tensor;
  /** float32 values of a normal distribution. Same bits on every backend. @default mean 0, std 1 */
  normal(shape: readonly number[], mean?: number, std?: number): tf.Tensor;
  /** Host values, uniform in [0, 1). */
  floats(n: number): Float32Array;
  /** The numbers 0 … n-1 in random order. */
  permutation(n: number): Int32Array;
  /** How far this stream is; children have states of their own. */
  state(): RandomStreamState;
  restore(state: RandomStreamState): void;
}

/** The streams of one seed. */
export interface RandomStreams {
  /** The stream of that name, at its beginning; the study uses `init`, `shuffle`, `dropout` and `data`. */
  stream(name: string): RandomStream;
}

/**
 * Named random streams. Each is keyed by a hash of seed and name, so that no stream's numbers depend on which others there are,
 * or on how much was drawn from them: adding one never shifts another.
 *
 * @param seed any finite number
 * @example
 * const random = randomStreams(42);
 * const weights = random.stream('init').normal([768, 768], 0, 0.02);
 * const order = random.stream('shuffle').at(epoch).permutation(1989);
 */
export function randomStreams(seed: number): RandomStreams {
  if (!Number.isFinite(seed)) throw new RangeError(`a seed must be a finite number, not ${seed}`);
  return {
    stream(name) {
      const digest = createHash('sha256').update(`fin-random-stream 1\0${seed}\0${name}`).digest();
      return new KeyedStream(name, [digest.readUInt32LE(0), digest.readUInt32LE(4)]);
    },
  };
}

/** Sets keys of child streams apart from everything that is drawn: upper counter words that no seed scrambling uses. */
const CHILD_TAG: readonly [number, number] = [0x63686c64, 0x66696e31];

/** A stream is a 64-bit key; draw number n of it is TensorFlow's stateless generator with the seed [key, n]. */
export class KeyedStream implements RandomStream {
  readonly name: string;
  readonly #key: Word64;
  #counter = 0;

  constructor(name: string, key: Word64) {
    this.name = name;
    this.#key = key;
  }

  at(counter: number): RandomStream {
    const words = new Uint32Array(4);
    philoxWords({ key: [...this.#key], counter: [...word64(counter), ...CHILD_TAG] }, words);
    return new KeyedStream(`${this.name}@${counter}`, [words[0]!, words[1]!]);
  }

  uniform(shape: readonly number[], min = 0, max = 1): tf.Tensor {
    return uniformTensor(shape, min, max, this.#key, this.#nextDraw());
  }

  normal(shape: readonly number[], mean = 0, std = 1): tf.Tensor {
    const values = normalFloats(this.#next(), tf.util.sizeFromShape([...shape]), mean, std);
    return tf.tensor(values, [...shape], 'float32');
  }

  floats(n: number): Float32Array {
    return uniformFloats(this.#next(), n);
  }

  permutation(n: number): Int32Array {
    return permutation(this.#next(), n);
  }

  state(): RandomStreamState {
    return { counter: this.#counter };
  }

  restore(state: RandomStreamState): void {
    word64(state.counter);
    this.#counter = state.counter;
  }

  #next(): PhiloxState {
    return statelessState(this.#key, this.#nextDraw());
  }

  #nextDraw(): Word64 {
    return word64(this.#counter++);
  }
}

function word64(value: number): Word64 {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`a position in a random stream must be a whole number from 0 on, not ${value}`);
  }
  return [value >>> 0, Math.floor(value / 2 ** 32)];
}

const INT32 = dtypeNumber('int32');
const INT64 = dtypeNumber('int64');
const ATTRS = [
  { name: 'dtype', ...attr.type('float32') },
  { name: 'T', ...attr.type('int32') },
  { name: 'Tseed', ...attr.type('int64') },
];

/** float32 values, uniform in [min, max), of the seed [key, draw]: TensorFlow's op where there is one, its equal elsewhere. */
export function uniformTensor(
  shape: readonly number[],
  min: number,
  max: number,
  key: Word64,
  draw: Word64,
): tf.Tensor {
  return tf.tidy(() => {
    const backend = nodeBackend();
    const unit = backend
      ? nativeUniform(backend, shape, key, draw)
      : tf.tensor(
          uniformFloats(statelessState(key, draw), tf.util.sizeFromShape([...shape])),
          [...shape],
          'float32',
        );
    if (min === 0 && max === 1) return unit;
    return tf.add(tf.mul(unit, max - min), min);
  });
}

function nativeUniform(backend: NodeBackend, shape: readonly number[], key: Word64, draw: Word64): tf.Tensor {
  const dims = backend.binding.createTensor([shape.length], INT32, Int32Array.from(shape));
  // tfjs has no int64; the binding takes pairs of 32-bit words for it.
  const seed = backend.binding.createTensor([2], INT64, Int32Array.of(...key, ...draw));
  try {
    const [values] = backend.binding.executeOp('StatelessRandomUniform', ATTRS, [dims, seed], 1);
    return backend.createOutputTensor(values!);
  } finally {
    backend.binding.deleteTensor(dims);
    backend.binding.deleteTensor(seed);
  }
}
