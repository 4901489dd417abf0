import { readdirSync, readFileSync } from 'node:fs';
import { byteSourceOf } from '@fin/files/safetensors';
import type { Random } from '@fin/testkit/fuzz';
import { FUZZ_TIMEOUT, fuzz, mutate } from '@fin/testkit/fuzz';
import { describe, expect, it } from 'vitest';
import { CheckpointError, readTorchCheckpoint } from '../../src/checkpoint/index.js';
import { archive } from './checkpoint-support/archive.js';
import { dict, int, pickle, storage, tensor, text } from './checkpoint-support/pickle-writer.js';
import { writeZip } from './checkpoint-support/zip-writer.js';

const folder = new URL('../fixtures/checkpoints/', import.meta.url);
const read = (name: string): Buffer => readFileSync(new URL(name, folder));
const all = readdirSync(folder)
  .filter((name) => name.endsWith('.bin'))
  .map(read);
const good = ['every-dtype.bin', 'module.bin', 'shared.bin', 'wrapped.bin'].map(read);
const legacy = ['legacy-every-dtype.bin', 'legacy-module.bin', 'legacy-shared.bin'].map(read);
const PICKLE_START = Buffer.from([0x80, 2]);

const four = storage('0', int(4));
const pickles = [
  pickle(dict(text('w'), tensor(four, int(0), [int(2), int(2)], [int(2), int(1)]))),
  pickle(dict(text('a'), tensor(four, int(1), [int(3)], [int(1)]), text('b'), tensor(four, int(0), [], []))),
];

/** A whole file of either format damaged anywhere, a saved one whose pickle alone is damaged in place, or a sound one around a damaged pickle. */
function damaged(random: Random): Buffer {
  const way = random.below(3);
  if (way === 0) return mutate(random.pick([...good, ...legacy]), random, all);
  if (way === 1) {
    const bytes = Buffer.from(random.pick(good));
    const start = bytes.indexOf(PICKLE_START);
    const end = bytes.indexOf('PK', start);
    const part = mutate(bytes.subarray(start, end), random, pickles).subarray(0, end - start);
    part.copy(bytes, start);
    return bytes;
  }
  const bytes = mutate(random.pick(pickles), random, pickles);
  return random.below(8) === 0 ? writeZip([{ name: 'm/data.pkl', data: bytes }]) : archive(bytes);
}

async function attempt(random: Random): Promise<string> {
  try {
    const checkpoint = await readTorchCheckpoint(byteSourceOf(damaged(random)));
    for (const name of checkpoint.names()) {
      const { shape, bytes } = checkpoint.info(name);
      const { data } = await checkpoint.read(name);
      if (data.byteLength !== bytes)
        throw new Error(`${name} of shape [${shape}] has ${data.byteLength} bytes`);
    }
    return 'ok';
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    return `CheckpointError (${/zip archive/.test(error.message) ? 'zip' : /pickle/.test(error.message) ? 'pickle' : 'other'})`;
  }
}

describe('mutated .bin checkpoints', () => {
  it(
    'are either read whole or end in a CheckpointError',
    async () => {
      const { counts } = await fuzz('pytorch_model.bin', 1000, attempt);
      if (process.env.FIN_FUZZ_CASES === undefined) {
        expect(Object.keys(counts).sort()).toEqual([
          'CheckpointError (other)',
          'CheckpointError (pickle)',
          'CheckpointError (zip)',
          'ok',
        ]);
      }
    },
    FUZZ_TIMEOUT,
  );
});
