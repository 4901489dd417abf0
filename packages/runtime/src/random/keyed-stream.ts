import * as tf from '@tensorflow/tfjs-core';
import { normalFloats } from './normal-floats.js';
import { permutation } from './permutation.js';
import type { PhiloxState } from './philox.js';
import { philoxWords } from './philox.js';
import type { Word64 } from './stateless-state.js';
import { statelessState } from './stateless-state.js';
import type { RandomStream, RandomStreamState } from './types.js';
import { uniformFloats } from './uniform-floats.js';
import { uniformTensor } from './uniform-tensor.js';

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
