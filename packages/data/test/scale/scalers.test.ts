import { allClose } from '@fin/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StandardScaler } from '../../src/index.js';

describe('StandardScaler', () => {
  it('goes there and back, also through JSON', () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(number, number, number), { minLength: 1 }), (rows) => {
        const values = rows.flat();
        const scaler = new StandardScaler(3).fit(values);
        const again = StandardScaler.fromJSON(JSON.parse(JSON.stringify(scaler)));
        expect(again).toBeInstanceOf(StandardScaler);
        expect(again.transform(values)).toEqual(scaler.transform(values));
        allClose(scaler.inverseTransform(scaler.transform(values)), values, { rtol: 1e-9, atol: 1e-6 });
      }),
    );
  });

  it('keeps a constant column finite', () => {
    expect(Array.from(new StandardScaler(2).fit([5, 1, 5, 3]).transform([5, 2, 6, 2]))).toEqual([
      0,
      expect.any(Number),
      1,
      expect.any(Number),
    ]);
  });

  it('forgets earlier fits', () => {
    expect(new StandardScaler(1).fit([1, 100]).fit([0, 2]).toJSON()).toEqual(
      new StandardScaler(1).fit([0, 2]).toJSON(),
    );
  });

  it('refuses what makes no sense', () => {
    expect(() => new StandardScaler(0)).toThrow('a scaler cannot have 0 columns');
    expect(() => new StandardScaler(2).transform([1, 2])).toThrow(
      'the scaler is not fitted: call fit(rows) with training rows first',
    );
    expect(() => new StandardScaler(2).fit([1, 2, 3])).toThrow('3 values are no whole number of rows of 2');
    expect(() => new StandardScaler(2).fit([])).toThrow('a scaler needs at least one row');
    expect(() => new StandardScaler(2).fit([1, Number.NaN])).toThrow(
      'column 1 holds a value that is not finite',
    );
    expect(() => StandardScaler.fromJSON({ kind: 'standard', center: [0, 1], scale: [1] })).toThrow(
      'not the state of a standard scaler',
    );
    expect(() => StandardScaler.fromJSON({ kind: 'standard', center: [0], scale: [0] })).toThrow(
      'not the state of a standard scaler',
    );
    expect(() => StandardScaler.fromJSON({ kind: 'minMax' as 'standard', center: [0], scale: [1] })).toThrow(
      'not the state of a standard scaler',
    );
  });
});

describe('the numbers are those of scikit-learn', () => {
  // sklearn's own documentation examples.
  it('StandardScaler', () => {
    const scaler = new StandardScaler(2).fit([0, 0, 0, 0, 1, 1, 1, 1]);
    expect(scaler.toJSON()).toEqual({ kind: 'standard', center: [0.5, 0.5], scale: [0.5, 0.5] });
    expect(Array.from(scaler.transform([2, 2]))).toEqual([3, 3]);
  });
});
