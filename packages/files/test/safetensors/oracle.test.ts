import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FUZZ_TIMEOUT, mutate, randomFrom } from '@fin/testkit/fuzz';
import { describe, expect, it } from 'vitest';
import {
  dtypeBits,
  parseSafetensors,
  SAFETENSORS_DTYPES,
  SafetensorsError,
  serializeSafetensors,
} from '../../src/safetensors/index.js';
import { editHeader } from './support/edit-header.js';

/** A Python with `safetensors`; without one the committed fixtures alone speak for the reference. */
const python = process.env.FIN_ORACLE_PYTHON;
const script = fileURLToPath(
  new URL('../../../../tooling/oracle/files-safetensors-live.py', import.meta.url),
);

type Verdict = string | Record<string, { dtype: string; shape: string[]; hex: string }>;

function askReference(inputs: readonly Uint8Array[]): Verdict[] {
  const framed = inputs.flatMap((input) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(input.length);
    return [length, input];
  });
  const answers = execFileSync(python as string, [script], {
    input: Buffer.concat(framed),
    maxBuffer: 2 ** 30,
    encoding: 'utf8',
  });
  return answers
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Verdict);
}

function ourVerdict(bytes: Uint8Array): Verdict {
  try {
    const parsed = parseSafetensors(bytes);
    return Object.fromEntries(
      parsed.names().map((name) => {
        const { dtype, shape, data } = parsed.tensor(name);
        const hex = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
        return [name, { dtype, shape: shape.map(String), hex }];
      }),
    );
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error;
    return error.code;
  }
}

/** Faults that the reference names otherwise or lets pass: see DIVERGENCES in safetensors-reference.test.ts. */
function onPurpose(ours: Verdict, theirs: Verdict, bytes: Buffer): boolean {
  if (ours === 'InvalidHeaderStart' || ours === 'DimensionTooLarge' || ours === 'TooManyDimensions')
    return true;
  if (ours !== 'InvalidHeaderDeserialization' || theirs === ours) return false;
  const header = bytes.subarray(8).toString('latin1');
  const keys = [...header.matchAll(/"([^"\\]*)"\s*:/g)].map((match) => match[1]);
  return new Set(keys).size < keys.length || /"__metadata__":null|:\[|:\{"/.test(header);
}

describe.skipIf(python === undefined)('the Rust reference itself (FIN_ORACLE_PYTHON)', () => {
  it('loads what is written here, every dtype', () => {
    const inputs = SAFETENSORS_DTYPES.map((dtype) =>
      serializeSafetensors(
        {
          [`née ${dtype}`]: { dtype, shape: [3, 8], data: new Uint8Array(3 * dtypeBits(dtype)).fill(5) },
          empty: { dtype, shape: [0, 2], data: new Uint8Array() },
        },
        { format: 'pt', by: 'us' },
      ),
    );
    expect(askReference(inputs)).toEqual(inputs.map(ourVerdict));
  });

  it(
    'says the same of mutated inputs, less where we are stricter on purpose',
    () => {
      const cases = Number(process.env.FIN_FUZZ_CASES ?? 2000);
      const seeds = [
        readFileSync(new URL('../fixtures/safetensors/reference.safetensors', import.meta.url)),
        Buffer.from(
          serializeSafetensors(
            { weight: { dtype: 'F32', shape: [1, 2], data: new Float32Array(2) } },
            { format: 'pt' },
          ),
        ),
      ];
      const inputs = Array.from({ length: cases }, (_, seed) => {
        const random = randomFrom(seed);
        const chosen = random.pick(seeds);
        return random.below(4) === 0 ? mutate(chosen, random, seeds) : editHeader(chosen, random);
      });
      const verdicts = askReference(inputs);
      let different = 0;
      inputs.forEach((input, i) => {
        const ours = ourVerdict(input);
        if (onPurpose(ours, verdicts[i], input)) different++;
        else expect(ours, `case ${i}`).toEqual(verdicts[i]);
      });
      console.info(`${cases} mutated inputs, ${different} of them judged more strictly here on purpose`);
    },
    FUZZ_TIMEOUT,
  );
});
