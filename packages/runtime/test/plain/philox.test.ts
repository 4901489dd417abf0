import { describe, expect, it } from 'vitest';
import { philoxWords } from '../../src/random/philox.js';

type Words = [number, number, number, number];

/** The known-answer vectors that Random123 ships for philox4x32 with ten rounds (`tests/kat_vectors`). */
const VECTORS: { counter: Words; key: [number, number]; words: number[] }[] = [
  { counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];

describe('philoxWords', () => {
  it.each(VECTORS)("gives Random123's known answer for key $key", ({ counter, key, words }) => {
    const out = new Uint32Array(4);
    philoxWords({ key, counter }, out);
    expect([...out]).toEqual(words);
  });

  it('carries the counter over all four words', () => {
    const two = new Uint32Array(8);
    philoxWords({ key: [1, 2], counter: [0xffffffff, 0xffffffff, 0xffffffff, 6] }, two);
    const next = new Uint32Array(4);
    philoxWords({ key: [1, 2], counter: [0, 0, 0, 7] }, next);
    expect([...two.slice(4)]).toEqual([...next]);
  });

  it('starts at any block', () => {
    const state = { key: [1, 2], counter: [0xfffffff0, 0xffffffff, 5, 0] } as const;
    const all = new Uint32Array(400);
    philoxWords(state, all);
    const tail = new Uint32Array(200);
    philoxWords(state, tail, 50);
    expect([...all.slice(200)]).toEqual([...tail]);
  });
});
