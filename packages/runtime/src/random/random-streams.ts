import { createHash } from 'node:crypto';
import * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from '../backend/node-backend.js';
import { nodeBackend } from '../backend/node-backend.js';
import { attr } from '../dispatch/attributes.js';
import { dtypeNumber } from '../dispatch/dtypes.js';
import { normalFloats, permutation, uniformFloats } from './draws.js';
import type { PhiloxState, Word64 } from './philox.js';
import { philoxWords, statelessState } from './philox.js';
import type { TensorOfShape } from './tensor-of-shape.js';

/** State of a stream: the number of draws so far. */
export interface RandomStreamState {
  readonly counter: number;
}

/** A named stream of random numbers; see `randomStreams`. */
export interface RandomStream {
  readonly name: string;
  /**
   * Child stream number `counter`, such as the stream of a step or a layer. It depends on this stream's key and `counter` only,
   * not on earlier draws, and starts at draw 0.
   */
  at(counter: number): RandomStream;
  /** A float32 tensor of this shape with values uniform in [min, max). Same bits on every backend. @default min 0, max 1 */
  uniform<const S extends readonly number[]>(shape: S, min?: number, max?: number): TensorOfShape<S>;
  /** A float32 tensor of this shape with normally distributed values. Same bits on every backend. @default mean 0, std 1 */
  normal<const S extends readonly number[]>(shape: S, mean?: number, std?: number): TensorOfShape<S>;
  /** `n` host values, uniform in [0, 1). */
  floats(n: number): Float32Array;
  /** The numbers 0 … n-1 in random order. */
  permutation(n: number): Int32Array;
  /**
   * The seed of one draw as four 32-bit words: the stream's key and the number of the draw, 64 bits each, lower word first. For an op that
   * runs the generator itself: TensorFlow's `StatelessRandomUniform` with this seed gives the numbers of `uniform`.
   */
  seed(): Int32Array;
  /** Current state, for `restore`. Children have their own state. */
  state(): RandomStreamState;
  restore(state: RandomStreamState): void;
}

/** The random streams of one seed. */
export interface RandomStreams {
  /** A new stream with this name, at draw 0. The fin packages use the names `init`, `shuffle`, `dropout` and `data`. */
  stream(name: string): RandomStream;
}

/**
 * Creates named random streams from a seed. A stream is a sequence of draws. Its numbers depend only on the seed and its name, so
 * a new stream, or more draws from another one, never changes them.
 *
 * Draw number `n` of a stream depends only on the stream's key and `n`: a training that stores `state()` can resume exactly.
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

/** Upper counter words for the keys of child streams. No draw uses them, so children never repeat their parent's numbers. */
const CHILD_TAG: readonly [number, number] = [0x63686c64, 0x66696e31];

/** A stream with a 64-bit key. Draw number n is TensorFlow's stateless generator with the seed [key, n]. */
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

  uniform<const S extends readonly number[]>(shape: S, min = 0, max = 1): TensorOfShape<S> {
    return uniformTensor(shape, min, max, this.#key, this.#nextDraw()) as TensorOfShape<S>;
  }

  normal<const S extends readonly number[]>(shape: S, mean = 0, std = 1): TensorOfShape<S> {
    const values = normalFloats(this.#next(), tf.util.sizeFromShape([...shape]), mean, std);
    return tf.tensor<tf.Rank>(values, Array.from(shape), 'float32') as TensorOfShape<S>;
  }

  floats(n: number): Float32Array {
    return uniformFloats(this.#next(), n);
  }

  permutation(n: number): Int32Array {
    return permutation(this.#next(), n);
  }

  seed(): Int32Array {
    return Int32Array.of(...this.#key, ...this.#nextDraw());
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

/**
 * A float32 tensor, uniform in [min, max), for the seed [key, draw]. Computed by TensorFlow's op if it is available, otherwise in
 * JavaScript with the same bits.
 */
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
