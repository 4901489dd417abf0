import type * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { RandomStream } from '../../src/index.js';
import { parameter, randomStreams } from '../../src/index.js';

const values = (tensor: ReturnType<RandomStream['uniform']>): number[] => {
  const read = [...(tensor.dataSync() as Float32Array)];
  tensor.dispose();
  return read;
};

/** Made on the native backend and the same on each, which is what this pins down. */
const PINNED = {
  uniform: [
    0.42823755741119385, 0.25314056873321533, 0.926886796951294, 0.48357152938842773, 0.07739150524139404,
  ],
  permutation: [0, 1, 2, 6, 5, 7, 4, 3],
};

describe('randomStreams', () => {
  it('gives tensors with the type of their rank', () => {
    const stream = randomStreams(1).stream('types');
    const matrix = stream.normal([2, 3]);
    expectTypeOf(matrix).toEqualTypeOf<tf.Tensor2D>();
    expectTypeOf(parameter('matrix', matrix)).toEqualTypeOf<tf.Variable<tf.Rank.R2>>();
    expectTypeOf(stream.uniform([])).toEqualTypeOf<tf.Scalar>();
    expectTypeOf(stream.uniform(matrix.shape.slice(1))).toEqualTypeOf<tf.Tensor>();
  });

  it('gives the same bits on every backend', () => {
    const stream = randomStreams(42).stream('init');
    expect(values(stream.uniform([5]))).toEqual(PINNED.uniform);
    expect([...stream.at(3).permutation(8)]).toEqual(PINNED.permutation);
  });

  it('gives as tensors what it gives as host values', () => {
    const [asTensor, onHost] = [randomStreams(7).stream('data'), randomStreams(7).stream('data')];
    for (const n of [1, 3, 4, 5, 1001]) expect(values(asTensor.uniform([n]))).toEqual([...onHost.floats(n)]);
  });

  it('scales in float32 alike on every backend', () => {
    const unit = randomStreams(1).stream('init').floats(64);
    const scaled = values(randomStreams(1).stream('init').uniform([64], -0.3, 0.7));
    const scale = Math.fround(1);
    expect(scaled).toEqual([...unit].map((u) => Math.fround(Math.fround(u * scale) + Math.fround(-0.3))));
  });

  it('never shifts a stream when another is added, drawn from or branched', () => {
    const name = fc.string({ minLength: 1, maxLength: 12 });
    const draws = fc.array(fc.tuple(name, fc.nat(40), fc.boolean()), { maxLength: 12 });
    fc.assert(
      fc.property(fc.integer(), name, draws, (seed, kept, others) => {
        const alone = randomStreams(seed).stream(kept);
        const expected = [alone.floats(9), alone.floats(9)];
        const random = randomStreams(seed);
        const watched = random.stream(kept);
        const got = [watched.floats(9)];
        for (const [other, n, branch] of others) {
          const stream = other === kept ? random.stream(`${other}+`) : random.stream(other);
          (branch ? stream.at(n) : stream).floats(n);
          watched.at(n).floats(n);
        }
        got.push(watched.floats(9));
        expect(got).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('tells names, seeds and positions apart', () => {
    const heads = new Set<string>();
    for (const seed of [0, 1, -1, 0.5, 2 ** 40]) {
      for (const name of ['init', 'dropout', 'init@0', 'init@1', '']) {
        const stream = randomStreams(seed).stream(name);
        for (const s of [stream, stream.at(0), stream.at(1), stream.at(2 ** 33), stream.at(0).at(0)]) {
          heads.add(s.floats(4).join());
        }
      }
    }
    expect(heads.size).toBe(5 * 5 * 5);
  });

  it('branches to the same child whatever was drawn before', () => {
    const [fresh, used] = [randomStreams(3).stream('dropout'), randomStreams(3).stream('dropout')];
    used.floats(100);
    expect(used.at(5).floats(3)).toEqual(fresh.at(5).floats(3));
  });

  it('resumes from its state', () => {
    const stream = randomStreams(9).stream('shuffle');
    stream.permutation(10);
    stream.floats(3);
    const state = JSON.parse(JSON.stringify(stream.state()));
    const expected = [stream.floats(5), stream.permutation(50)];
    const resumed = randomStreams(9).stream('shuffle');
    resumed.restore(state);
    expect([resumed.floats(5), resumed.permutation(50)]).toEqual(expected);
  });

  it('refuses seeds and positions that are none', () => {
    expect(() => randomStreams(Number.NaN)).toThrow(RangeError);
    expect(() => randomStreams(1).stream('a').at(-1)).toThrow(RangeError);
    expect(() => randomStreams(1).stream('a').restore({ counter: 0.5 })).toThrow(RangeError);
  });
});
