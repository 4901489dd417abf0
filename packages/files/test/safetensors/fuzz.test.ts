import { readFileSync } from 'node:fs';
import type { Random } from '@fin/testkit/fuzz';
import { FUZZ_TIMEOUT, fuzz, mutate } from '@fin/testkit/fuzz';
import { describe, expect, it } from 'vitest';
import {
  byteSourceOf,
  parseSafetensors,
  readSafetensors,
  SafetensorsError,
  serializeSafetensors,
  toFloat32,
} from '../../src/safetensors/index.js';
import { editHeader } from './support/edit-header.js';

const reference = readFileSync(new URL('../fixtures/safetensors/reference.safetensors', import.meta.url));
const small = Buffer.from(
  serializeSafetensors(
    {
      'encoder.weight': { dtype: 'F32', shape: [2, 3], data: new Float32Array(6) },
      'encoder.bias': { dtype: 'BF16', shape: [3], data: new Uint16Array(3) },
      ids: { dtype: 'I64', shape: [1, 4], data: new BigInt64Array(4) },
    },
    { format: 'pt' },
  ),
);
const seeds = [reference, small, Buffer.from(serializeSafetensors({}))];

async function attempt(random: Random): Promise<string> {
  const seed = random.pick(seeds);
  const bytes = random.below(2) === 0 ? mutate(seed, random, seeds) : editHeader(seed, random);
  const [parsed, opened] = await Promise.all([
    outcomeOf(() => {
      const tensors = parseSafetensors(bytes);
      for (const name of tensors.names()) convert(tensors.tensor(name));
    }),
    outcomeOf(async () => {
      const file = await readSafetensors(byteSourceOf(bytes));
      for (const name of file.names()) convert(await file.read(name));
    }),
  ]);
  expect(opened).toBe(parsed);
  return parsed;
}

function convert(tensor: Parameters<typeof toFloat32>[0]): void {
  if (/^(F8|F6|F4|C64)/.test(tensor.dtype)) return;
  const elements = tensor.shape.reduce((product, size) => product * size, 1);
  if (toFloat32(tensor).length !== elements) throw new Error('shape and data disagree');
}

async function outcomeOf(act: () => void | Promise<void>): Promise<string> {
  try {
    await act();
    return 'ok';
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    return error.code;
  }
}

describe('mutated safetensors data', () => {
  it(
    'is either read whole or ends in a SafetensorsError, the same from memory and by position',
    async () => {
      const { counts } = await fuzz('safetensors', 1000, attempt);
      if (process.env.FIN_FUZZ_CASES === undefined) {
        expect(Object.keys(counts)).toEqual(
          expect.arrayContaining([
            'ok',
            'InvalidHeaderDeserialization',
            'InvalidOffset',
            'TensorInvalidInfo',
          ]),
        );
      }
    },
    FUZZ_TIMEOUT,
  );
});
