const flatten = (values) =>
  ArrayBuffer.isView(values) ? Array.from(values) : Array.from(values).flat(Number.POSITIVE_INFINITY);

const sameLength = (actual, expected) => {
  if (actual.length !== expected.length) {
    throw new Error(`${actual.length} values where ${expected.length} are expected`);
  }
};

export function allClose(actualValues, expectedValues, { rtol = 1e-5, atol = 1e-6 } = {}) {
  const actual = flatten(actualValues);
  const expected = flatten(expectedValues);
  sameLength(actual, expected);
  let worst = -1;
  let worstExcess = 0;
  for (let i = 0; i < actual.length; i++) {
    if (Object.is(actual[i], expected[i]) || actual[i] === expected[i]) continue;
    const excess = Math.abs(actual[i] - expected[i]) - (atol + rtol * Math.abs(expected[i]));
    if (!(excess <= worstExcess)) {
      worst = i;
      worstExcess = Number.isNaN(excess) ? Number.POSITIVE_INFINITY : excess;
    }
  }
  if (worst >= 0) {
    throw new Error(
      `element ${worst} of ${actual.length} is ${actual[worst]}, expected ${expected[worst]} (rtol ${rtol}, atol ${atol})`,
    );
  }
}

export function maxDifference(actualValues, expectedValues) {
  const actual = flatten(actualValues);
  const expected = flatten(expectedValues);
  sameLength(actual, expected);
  return actual.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i])), 0);
}
