import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { randomStreams } from '../../src/index.js';

const SIZE = 100_000;

function moments(values: Float32Array): { mean: number; std: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, std: Math.sqrt(variance) };
}

// Bounds: four standard errors of the statistic at this size. The seeds are fixed, so these cannot fail by chance.
describe('distributions', () => {
  it('uniform has the moments of one', () => {
    const values = randomStreams(1).stream('data').floats(SIZE);
    const { mean, std } = moments(values);
    expect(Math.abs(mean - 0.5)).toBeLessThan((4 * Math.sqrt(1 / 12)) / Math.sqrt(SIZE));
    expect(Math.abs(std - Math.sqrt(1 / 12))).toBeLessThan(0.002);
    expect(Math.min(...values.slice(0, 1000))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values.slice(0, 1000))).toBeLessThan(1);
  });

  it('normal has the moments and tails of one', () => {
    const tensor = randomStreams(2).stream('init').normal([SIZE], 3, 2);
    const values = tensor.dataSync() as Float32Array;
    tensor.dispose();
    const { mean, std } = moments(values);
    expect(Math.abs(mean - 3)).toBeLessThan((4 * 2) / Math.sqrt(SIZE));
    expect(Math.abs(std - 2)).toBeLessThan((4 * 2) / Math.sqrt(2 * SIZE));
    const beyond = values.filter((value) => Math.abs(value - 3) > 2 * 1.959964).length / SIZE;
    expect(Math.abs(beyond - 0.05)).toBeLessThan(4 * Math.sqrt((0.05 * 0.95) / SIZE));
  });

  it('normal keeps to shape and dtype', () => {
    const tensor = randomStreams(2).stream('init').normal([3, 5]);
    expect([tensor.shape, tensor.dtype]).toEqual([[3, 5], 'float32']);
    tensor.dispose();
  });

  it('permutations of four come out alike often', () => {
    const stream = randomStreams(4).stream('shuffle');
    const counts = new Map<string, number>();
    const rounds = 24_000;
    for (let i = 0; i < rounds; i++) {
      const order = stream.permutation(4).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    const expected = rounds / 24;
    const chiSquared = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(counts.size).toBe(24);
    expect(chiSquared).toBeLessThan(49.7); // 99.9 % point at 23 degrees of freedom
  });

  it('permutations are permutations, also of nothing and of one', () => {
    const stream = randomStreams(5).stream('shuffle');
    for (const n of [0, 1, 2, 257, 5000]) {
      expect([...stream.permutation(n)].sort((a, b) => a - b)).toEqual(
        Array.from({ length: n }, (_, i) => i),
      );
    }
  });

  it('draws nothing that tfjs keeps', () => {
    const before = tf.memory().numTensors;
    tf.dispose(randomStreams(1).stream('a').uniform([8], -1, 1));
    expect(tf.memory().numTensors).toBe(before);
  });
});
