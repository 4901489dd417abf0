import { describe, expect, it } from 'vitest';

const floats = (...values) => Float32Array.from(values);

describe('toEqual of typed arrays', () => {
  it('finds the same bytes equal, also within other values', () => {
    expect(floats(1, -0, Number.NaN)).toEqual(floats(1, -0, Number.NaN));
    expect({ a: [floats(1, 2)] }).toStrictEqual({ a: [floats(1, 2)] });
    expect(floats(0, 1, 2).subarray(1)).toEqual(floats(1, 2));
  });

  it.each([
    ['another value', floats(1, 2), floats(1, 3)],
    ['the other zero', floats(0), floats(-0)],
    ['another length', floats(1), floats(1, 1)],
    ['another type of the same bytes', floats(0), Int32Array.of(0)],
  ])('finds %s different', (_what, a, b) => {
    expect(a).not.toEqual(b);
    expect([{ a }]).not.toEqual([{ a: b }]);
  });

  it('takes different bytes of not-a-number for equal, as vitest does', () => {
    const others = new Float32Array(Uint32Array.of(0x7fc00001).buffer);
    expect(others).toEqual(floats(Number.NaN));
  });
});
