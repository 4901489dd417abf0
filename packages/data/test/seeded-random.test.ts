import { describe, expect, it } from 'vitest';
import { seededRandom } from '../src/seeded-random.js';

describe('seededRandom', () => {
  it('gives streams that differ by seed and by name, and repeat', () => {
    const first = (seed: number, name: string): number[] => {
      const random = seededRandom(seed, name);
      return Array.from({ length: 4 }, () => random.uniform());
    };
    expect(first(1, 'a')).toEqual(first(1, 'a'));
    expect(first(1, 'a')).not.toEqual(first(2, 'a'));
    expect(first(1, 'a')).not.toEqual(first(1, 'b'));
  });

  it('is sfc32', () => {
    // The same generator written in Python, from the same digest.
    expect(
      Array.from(
        { length: 3 },
        (
          (random) => () =>
            random.uniform()
        )(seededRandom(0, 'test')),
      ),
    ).toEqual([0.07115813905680202, 0.8593405711889054, 0.2169466523748934]);
  });

  it('has the moments of its distributions', () => {
    const random = seededRandom(4, 'moments');
    const n = 100_000;
    const mean = (draw: () => number): number =>
      Array.from({ length: n }, draw).reduce((sum, x) => sum + x, 0) / n;
    expect(mean(() => random.uniform())).toBeCloseTo(1 / 2, 2);
    expect(mean(() => random.normal())).toBeCloseTo(0, 1.7);
    expect(mean(() => random.normal() ** 2)).toBeCloseTo(1, 1.5);
    expect(mean(() => random.normal() ** 4)).toBeCloseTo(3, 0.8);
    expect(mean(() => random.below(5))).toBeCloseTo(2, 1.5);
  });

  it('shuffles a copy', () => {
    const items = [1, 2, 3, 4, 5, 6, 7, 8];
    const shuffled = seededRandom(1, 'shuffle').shuffle(items);
    expect(items).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(shuffled).not.toEqual(items);
    expect(shuffled.sort()).toEqual(items);
  });
});
