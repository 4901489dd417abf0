import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { TensorInMemory } from '../../src/safetensors/index.js';
import {
  dtypeBits,
  openSafetensors,
  parseSafetensors,
  SAFETENSORS_DTYPES,
  serializeSafetensors,
  toFloat32,
  writeSafetensors,
} from '../../src/safetensors/index.js';

const folder = mkdtempSync(join(tmpdir(), 'fin-safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));

const name = fc
  .string({ unit: 'grapheme' })
  .filter((text) => text !== '__metadata__' && !/\p{Surrogate}/u.test(text));

const tensor = fc
  .record({
    dtype: fc.constantFrom(...SAFETENSORS_DTYPES),
    shape: fc.array(fc.nat(4), { maxLength: 4 }),
    fill: fc.nat(255),
  })
  .map(({ dtype, shape, fill }) => {
    const sizes = dtypeBits(dtype) < 8 ? [...shape, 4] : shape; // whole bytes
    const bytes = (sizes.reduce((product, size) => product * size, 1) * dtypeBits(dtype)) / 8;
    const data = Uint8Array.from({ length: bytes }, (_, i) => (i * 31 + fill) % 256);
    return { dtype, shape: sizes, data };
  });

const tensors = fc.uniqueArray(fc.tuple(name, tensor), { maxLength: 8, selector: ([key]) => key });
const metadata = fc.uniqueArray(fc.tuple(name, name), { maxLength: 3, selector: ([key]) => key });

const bytesOf = (view: ArrayBufferView): Uint8Array =>
  new Uint8Array(view.buffer, view.byteOffset, view.byteLength);

describe('what is written is read back', () => {
  it('from memory: names, dtypes, shapes, bytes, metadata', () => {
    fc.assert(
      fc.property(tensors, metadata, (entries, fields) => {
        const written = new Map<string, TensorInMemory>(entries);
        const bytes = serializeSafetensors(written, new Map(fields));
        const parsed = parseSafetensors(bytes);
        expect(parsed.metadata).toEqual(new Map(fields));
        expect(new Set(parsed.names())).toEqual(new Set(written.keys()));
        for (const [key, { dtype, shape, data }] of entries) {
          const found = parsed.tensor(key);
          expect(found).toMatchObject({ name: key, dtype, shape });
          expect(bytesOf(found.data)).toEqual(data);
          expect(found.data.length === 0 || found.data.buffer === bytes.buffer).toBe(true);
        }
      }),
    );
  });

  it('whatever order the tensors come in, the bytes are the same', () => {
    fc.assert(
      fc.property(tensors, metadata, (entries, fields) => {
        const forward = serializeSafetensors(new Map(entries), new Map(fields));
        const backward = serializeSafetensors(new Map(entries.toReversed()), new Map(fields.toReversed()));
        expect(backward).toEqual(forward);
      }),
    );
  });

  it('from unaligned memory, by a copy', () => {
    fc.assert(
      fc.property(tensors, fc.integer({ min: 1, max: 7 }), (entries, shift) => {
        const bytes = serializeSafetensors(new Map(entries));
        const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
        shifted.set(bytes);
        const parsed = parseSafetensors(shifted);
        for (const [key, { data }] of entries) expect(bytesOf(parsed.tensor(key).data)).toEqual(data);
      }),
    );
  });

  it('through a file, which equals the bytes in memory', async () => {
    const file = join(folder, 'round-trip.safetensors');
    await fc.assert(
      fc.asyncProperty(tensors, metadata, async (entries, fields) => {
        await writeSafetensors(file, new Map(entries), new Map(fields));
        expect(readFileSync(file).equals(serializeSafetensors(new Map(entries), new Map(fields)))).toBe(true);
        const opened = await openSafetensors(file);
        for (const [key, { dtype, shape, data }] of entries) {
          const found = await opened.read(key);
          expect(found).toMatchObject({ name: key, dtype, shape });
          expect(bytesOf(found.data)).toEqual(data);
        }
        await opened.close();
      }),
      { numRuns: 25 },
    );
  });

  it('a plain object may hold any name', () => {
    const one: TensorInMemory = { dtype: 'U8', shape: [1], data: Uint8Array.of(7) };
    const tensors = Object.defineProperty({}, '__proto__', { value: one, enumerable: true });
    expect(parseSafetensors(serializeSafetensors(tensors)).names()).toEqual(['__proto__']);
  });
});

describe('toFloat32', () => {
  it('gives F32 without a copy', () => {
    const data = Float32Array.of(1, Number.NaN);
    expect(toFloat32({ name: 'x', dtype: 'F32', shape: [2], data })).toBe(data);
  });

  it('rounds F64 and 64-bit whole numbers, keeps the rest exact', () => {
    expect([
      ...toFloat32({ name: 'x', dtype: 'F64', shape: [2], data: Float64Array.of(0.1, 1e300) }),
    ]).toEqual([Math.fround(0.1), Number.POSITIVE_INFINITY]);
    expect([
      ...toFloat32({ name: 'x', dtype: 'I64', shape: [2], data: BigInt64Array.of(-511n, 2n ** 24n + 1n) }),
    ]).toEqual([-511, 2 ** 24]);
    expect([...toFloat32({ name: 'x', dtype: 'BOOL', shape: [2], data: Uint8Array.of(0, 1) })]).toEqual([
      0, 1,
    ]);
    expect([...toFloat32({ name: 'x', dtype: 'I8', shape: [1], data: Int8Array.of(-128) })]).toEqual([-128]);
  });

  it('refuses what it cannot decode', () => {
    expect(() => toFloat32({ name: 'x', dtype: 'F8_E4M3', shape: [1], data: Uint8Array.of(1) })).toThrowError(
      /"x" of dtype F8_E4M3 cannot be read as float32/,
    );
  });
});
