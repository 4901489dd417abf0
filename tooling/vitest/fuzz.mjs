import { fullTier } from './full-tier.mjs';

/** The generator mulberry32. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit) => Math.floor(next() * limit);
  return { below, pick: (elements) => elements[below(elements.length)] };
}

const NUMBERS = [0n, 1n, 2n, 7n, 8n, 0x7fn, 0xffn, 0xffffn, 0x7fffffffn, 0x80000000n, 0xffffffffn];
const WIDE_NUMBERS = [...NUMBERS, 100_000_000n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];

function overwrite(width) {
  return (bytes, random) => {
    const place = random.below(Math.max(bytes.length - width, 1));
    const near = BigInt(Math.max(bytes.length + random.below(5) - 2, 0));
    const value = random.pick([...WIDE_NUMBERS, near]) % 2n ** BigInt(8 * width);
    const field = Buffer.alloc(8);
    field.writeBigUInt64LE(value);
    field.copy(bytes, place, 0, width);
    return bytes;
  };
}

const MUTATIONS = [
  (bytes, random) => {
    if (bytes.length > 0) bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    return bytes;
  },
  (bytes, random) => {
    if (bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
    return bytes;
  },
  overwrite(1),
  overwrite(2),
  overwrite(4),
  overwrite(8),
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  (bytes, random) => {
    const [start, length] = range(bytes, random);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + length)]);
  },
  (bytes, random) => {
    const [start, length] = range(bytes, random);
    const place = random.below(bytes.length + 1);
    const piece = bytes.subarray(start, start + length);
    return Buffer.concat([bytes.subarray(0, place), piece, bytes.subarray(place)]);
  },
  (bytes, random) => {
    const place = random.below(bytes.length + 1);
    const noise = Buffer.from(Array.from({ length: 1 + random.below(9) }, () => random.below(256)));
    return Buffer.concat([bytes.subarray(0, place), noise, bytes.subarray(place)]);
  },
  (bytes, random, other) => {
    const [start, length] = range(other, random);
    other.copy(bytes, random.below(bytes.length + 1), start, start + length);
    return bytes;
  },
  (bytes, random, other) =>
    Buffer.concat([
      bytes.subarray(0, random.below(bytes.length + 1)),
      other.subarray(random.below(other.length + 1)),
    ]),
  (bytes, random) => {
    const digits = [...bytes.keys()].filter((i) => bytes[i] >= 0x30 && bytes[i] <= 0x39);
    if (digits.length > 0) bytes[random.pick(digits)] = 0x30 + random.below(10);
    return bytes;
  },
];

function range(bytes, random) {
  const start = random.below(bytes.length + 1);
  return [start, random.below(Math.min(bytes.length - start, 64) + 1)];
}

export function mutate(bytes, random, others) {
  let mutated = Buffer.from(bytes);
  for (let faults = 1 + random.below(4); faults > 0; faults--) {
    mutated = Buffer.from(random.pick(MUTATIONS)(mutated, random, random.pick(others)));
  }
  return mutated;
}

export async function fuzz(what, cases, attempt) {
  const wanted = Number(process.env.FIN_FUZZ_CASES ?? (fullTier ? 10 * cases : cases));
  const firstSeed = Number(process.env.FIN_FUZZ_SEED ?? 1);
  const counts = {};
  const start = performance.now();
  let slowestMilliseconds = 0;
  for (let seed = firstSeed; seed < firstSeed + wanted; seed++) {
    const begin = performance.now();
    try {
      const outcome = await attempt(randomFrom(seed));
      counts[outcome] = (counts[outcome] ?? 0) + 1;
    } catch (cause) {
      throw new Error(`${what}: FIN_FUZZ_SEED=${seed} FIN_FUZZ_CASES=1 shows it`, { cause });
    }
    slowestMilliseconds = Math.max(slowestMilliseconds, performance.now() - begin);
  }
  const outcome = { counts, milliseconds: performance.now() - start, slowestMilliseconds };
  if (process.env.FIN_FUZZ_CASES !== undefined) console.info(`${what}, ${wanted} cases:`, outcome);
  return outcome;
}

export const FUZZ_TIMEOUT = 600_000;
