import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SafetensorsDtype, TensorInMemory } from '../../src/safetensors/index.js';
import {
  fromFloat32,
  openSafetensors,
  parseSafetensors,
  SafetensorsError,
  serializeSafetensors,
  toFloat32,
} from '../../src/safetensors/index.js';

const fixture = (name: string): URL => new URL(`../fixtures/safetensors/${name}`, import.meta.url);

const readJson = (name: string): unknown => JSON.parse(readFileSync(fixture(name), 'utf8'));

interface Reference {
  readonly metadata: Record<string, string>;
  readonly tensors: readonly {
    readonly name: string;
    readonly dtype: SafetensorsDtype;
    readonly shape: readonly number[];
    readonly hex: string;
  }[];
}

const reference = readJson('reference.json') as Reference;
const referenceBytes = readFileSync(fixture('reference.safetensors'));

const hexOf = (view: ArrayBufferView): string =>
  Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('hex');

describe('a file that the Rust reference wrote', () => {
  it('is what serializeSafetensors writes for the same tensors, byte for byte', () => {
    const tensors = new Map<string, TensorInMemory>(
      reference.tensors.map(({ name, dtype, shape, hex }) => [
        name,
        { dtype, shape, data: Buffer.from(hex, 'hex') },
      ]),
    );
    expect(Buffer.from(serializeSafetensors(tensors, reference.metadata)).equals(referenceBytes)).toBe(true);
  });

  it('gives every tensor of every dtype, from memory and from disk', async () => {
    const parsed = parseSafetensors(referenceBytes);
    const file = await openSafetensors(fixture('reference.safetensors').pathname);
    expect(Object.fromEntries(parsed.metadata)).toEqual(reference.metadata);
    expect(file.metadata).toEqual(parsed.metadata);
    expect(file.names()).toEqual(parsed.names());
    expect([...file.names()].sort()).toEqual(reference.tensors.map(({ name }) => name).sort());
    for (const { name, dtype, shape, hex } of reference.tensors) {
      for (const tensor of [parsed.tensor(name), await file.read(name)]) {
        expect(tensor).toMatchObject({ name, dtype, shape });
        expect(hexOf(tensor.data)).toBe(hex);
      }
      expect(file.info(name)).toEqual(parsed.info(name));
    }
    await file.close();
  });
});

/** Where we are stricter than the reference, or name the fault otherwise; everything else must agree. */
const DIVERGENCES: Readonly<Record<string, string>> = {
  'an array': 'InvalidHeaderStart',
  'a byte order mark': 'InvalidHeaderStart',
  'space before': 'InvalidHeaderStart',
  'a tensor twice': 'InvalidHeaderDeserialization',
  'a tensor twice by escape': 'InvalidHeaderDeserialization',
  'a metadata key twice': 'InvalidHeaderDeserialization',
  'an unknown field twice': 'InvalidHeaderDeserialization',
  'metadata is null': 'InvalidHeaderDeserialization',
  'fields as an array': 'InvalidHeaderDeserialization',
  'dtype as an object': 'InvalidHeaderDeserialization',
  'a dimension above 2^32': 'DimensionTooLarge',
  '65 dimensions': 'TooManyDimensions',
};

describe('the verdict on a header is the Rust reference’s', () => {
  const { cases } = readJson('verdicts.json') as {
    cases: readonly { label: string; base64: string; reference: string }[];
  };

  it('has a case for every known divergence', () => {
    expect(cases.map(({ label }) => label)).toEqual(expect.arrayContaining(Object.keys(DIVERGENCES)));
  });

  for (const { label, base64, reference: verdict } of cases) {
    const expected = DIVERGENCES[label] ?? verdict;
    it(`${label}: ${expected}`, () => {
      let outcome = 'ok';
      try {
        const parsed = parseSafetensors(Buffer.from(base64, 'base64'));
        for (const name of parsed.names()) parsed.tensor(name);
      } catch (error) {
        expect(error).toBeInstanceOf(SafetensorsError);
        outcome = (error as SafetensorsError).code;
      }
      expect(outcome).toBe(expected);
    });
  }
});

describe('rounding to 16 bits is torch’s', () => {
  const halves = readJson('halves.json') as Record<'float32' | 'float16' | 'bfloat16', number[]>;
  const values = new Float32Array(Uint32Array.from(halves.float32).buffer);

  for (const [dtype, expected] of [
    ['F16', halves.float16],
    ['BF16', halves.bfloat16],
  ] as const) {
    it(`${dtype}, on ${values.length} values`, () => {
      expect([...fromFloat32(values, dtype)]).toEqual(expected);
    });

    it(`${dtype} widens and rounds back to itself, every bit pattern but signalling NaN`, () => {
      const bits = Uint16Array.from({ length: 1 << 16 }, (_, i) => i);
      const wide = toFloat32({ name: 'x', dtype, shape: [bits.length], data: bits });
      const back = fromFloat32(wide, dtype);
      const quiet = dtype === 'F16' ? 0x200 : 0x40;
      bits.forEach((pattern, i) => {
        if (back[i] !== pattern && back[i] !== (pattern | quiet))
          throw new Error(`${pattern} became ${back[i]}`);
        if (back[i] !== pattern && !Number.isNaN(wide[i])) throw new Error(`${pattern} became ${back[i]}`);
      });
    });
  }

  it('bfloat16 NaN with a payload only in the low bits stays NaN', () => {
    const nan = new Float32Array(Uint32Array.of(0x7f800001, 0xff80ffff).buffer);
    expect([...fromFloat32(nan, 'BF16')]).toEqual([0x7fc0, 0xffc0]);
  });
});
