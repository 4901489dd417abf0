/**
 * Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), the generator of TensorFlow's stateless
 * ops. It is counter-based: a block of random words is a function of a key and a counter.
 */

/** Words in one block. */
export const BLOCK_WORDS = 4;

const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
/** Key increments per round: the golden ratio and the square root of 3, less one. */
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** Key and counter, lowest word first. */
export interface PhiloxState {
  readonly key: readonly [number, number];
  readonly counter: readonly [number, number, number, number];
}

/** Upper 32 bits of the product of two unsigned 32-bit words. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + (middle >>> 16) + (carry >>> 16)) >>> 0;
}

/**
 * Writes consecutive blocks of random words to `out`, starting with block number `first`.
 *
 * @param out its length need not be a multiple of a block
 */
export function philoxWords(state: PhiloxState, out: Uint32Array, first = 0): void {
  let [c0, c1, c2, c3] = skip(state.counter, first);
  for (let at = 0; at < out.length; at += BLOCK_WORDS) {
    let x0 = c0;
    let x1 = c1;
    let x2 = c2;
    let x3 = c3;
    let k0 = state.key[0];
    let k1 = state.key[1];
    for (let round = 0; round < ROUNDS; round++) {
      const high0 = multiplyHigh(MULTIPLIER_0, x0);
      const low0 = Math.imul(MULTIPLIER_0, x0);
      const high1 = multiplyHigh(MULTIPLIER_1, x2);
      const low1 = Math.imul(MULTIPLIER_1, x2);
      x0 = (high1 ^ x1 ^ k0) >>> 0;
      x1 = low1 >>> 0;
      x2 = (high0 ^ x3 ^ k1) >>> 0;
      x3 = low0 >>> 0;
      k0 = (k0 + WEYL_0) >>> 0;
      k1 = (k1 + WEYL_1) >>> 0;
    }
    out[at] = x0;
    out[at + 1] = x1;
    out[at + 2] = x2;
    out[at + 3] = x3;
    c0 = (c0 + 1) >>> 0;
    if (c0 === 0) {
      c1 = (c1 + 1) >>> 0;
      if (c1 === 0) {
        c2 = (c2 + 1) >>> 0;
        if (c2 === 0) c3 = (c3 + 1) >>> 0;
      }
    }
  }
}

/** The counter plus `blocks`, as one 128-bit number. */
function skip(counter: PhiloxState['counter'], blocks: number): [number, number, number, number] {
  const words: [number, number, number, number] = [...counter];
  let carry = blocks;
  for (let i = 0; i < words.length && carry > 0; i++) {
    const sum = words[i]! + carry;
    words[i] = sum >>> 0;
    carry = Math.floor(sum / 2 ** 32);
  }
  return words;
}

/** A 64-bit number as two unsigned words, low first. */
export type Word64 = readonly [low: number, high: number];

/** The key with which TensorFlow scrambles seeds (`GenerateKey` in its `stateless_random_ops.cc`). */
const SCRAMBLING_KEY: PhiloxState['key'] = [0x3ec8f720, 0x02461e29];

/** The generator state of a TensorFlow `Stateless…` op with the seed `[seed0, seed1]`. */
export function statelessState(seed0: Word64, seed1: Word64): PhiloxState {
  const words = new Uint32Array(4);
  philoxWords({ key: SCRAMBLING_KEY, counter: [...seed0, ...seed1] }, words);
  return { key: [words[0]!, words[1]!], counter: [0, 0, words[2]!, words[3]!] };
}
