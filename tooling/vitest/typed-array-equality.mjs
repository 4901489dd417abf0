import { expect } from 'vitest';

/** This module runs before every test file, and several files can share a process. */
const REGISTERED = Symbol.for('@fin/testkit: typed array equality');

/**
 * Makes `toEqual` and `toStrictEqual` quick for typed arrays with the same bytes, which are equal by vitest's own rule too: vitest
 * compares element by element, some microseconds each. All others are left to vitest, which finds and prints the difference.
 */
function equalBytes(a, b) {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return undefined;
  if (a.constructor !== b.constructor || a.byteLength !== b.byteLength) return undefined;
  return bytesOf(a).equals(bytesOf(b)) ? true : undefined;
}

const bytesOf = ({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength);

if (!globalThis[REGISTERED]) {
  globalThis[REGISTERED] = true;
  expect.addEqualityTesters([equalBytes]);
}
