import { createHash } from 'node:crypto';
import { KeyedStream } from './keyed-stream.js';
import type { RandomStream } from './types.js';

/** The streams of one seed. */
export interface RandomStreams {
  /** The stream of that name, at its beginning; the study uses `init`, `shuffle`, `dropout` and `data`. */
  stream(name: string): RandomStream;
}

/**
 * Named random streams. Each is keyed by a hash of seed and name, so that no stream's numbers depend on which others there are,
 * or on how much was drawn from them: adding one never shifts another.
 *
 * @param seed any finite number
 * @example
 * const random = randomStreams(42);
 * const weights = random.stream('init').normal([768, 768], 0, 0.02);
 * const order = random.stream('shuffle').at(epoch).permutation(1989);
 */
export function randomStreams(seed: number): RandomStreams {
  if (!Number.isFinite(seed)) throw new RangeError(`a seed must be a finite number, not ${seed}`);
  return {
    stream(name) {
      const digest = createHash('sha256').update(`fin-random-stream 1\0${seed}\0${name}`).digest();
      return new KeyedStream(name, [digest.readUInt32LE(0), digest.readUInt32LE(4)]);
    },
  };
}
