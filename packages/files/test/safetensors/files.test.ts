import { execFileSync } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedPath } from '@fin/testkit';
import { afterAll, describe, expect, it } from 'vitest';
import type { SafetensorsErrorCode } from '../../src/safetensors/index.js';
import {
  openSafetensors,
  SafetensorsError,
  serializeSafetensors,
  toFloat32,
  writeSafetensors,
} from '../../src/safetensors/index.js';

const folder = mkdtempSync(join(tmpdir(), 'fin-safetensors-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function failure(act: () => unknown): Promise<SafetensorsError> {
  try {
    await act();
  } catch (error) {
    expect(error).toBeInstanceOf(SafetensorsError);
    return error as SafetensorsError;
  }
  throw new Error('nothing was thrown');
}

const one = (data: ArrayBufferView = Float32Array.of(1, 2)) => ({ dtype: 'F32', shape: [2], data }) as const;

describe('openSafetensors', () => {
  const notFiles: [label: string, path: string, make: (path: string) => void, code: SafetensorsErrorCode][] =
    [
      ['a path that is not there', 'absent', () => {}, 'IoError'],
      ['a folder', 'folder', (path) => mkdirSync(path), 'IoError'],
      ['a dangling link', 'link', (path) => symlinkSync('nowhere', path), 'IoError'],
      ['a pipe, without waiting for a writer', 'pipe', (path) => execFileSync('mkfifo', [path]), 'IoError'],
      ['a device without end', 'device', (path) => symlinkSync('/dev/zero', path), 'IoError'],
      ['an empty file', 'empty', (path) => writeFileSync(path, ''), 'HeaderTooSmall'],
      [
        'a Git LFS pointer',
        'pointer',
        (path) =>
          writeFileSync(path, 'version https://git-lfs.github.com/spec/v1\noid sha256:53aa\nsize 90868376\n'),
        'HeaderTooLarge',
      ],
      [
        'a web page',
        'page',
        (path) => writeFileSync(path, '<!doctype html><title>404</title>'),
        'HeaderTooLarge',
      ],
      [
        'a header of 99 MB that is not there',
        'claim',
        (path) => writeFileSync(path, Buffer.from([0xc0, 0x9e, 0xe6, 0x05, 0, 0, 0, 0, 0x7b, 0x7d])),
        'InvalidHeaderLength',
      ],
    ];
  for (const [label, path, make, code] of notFiles) {
    it(`refuses ${label}: ${code}, with the file's name in the message`, async () => {
      const file = join(folder, path);
      make(file);
      const error = await failure(() => openSafetensors(file));
      expect(error).toMatchObject({ code, file, tensor: null, kind: 'input', name: 'SafetensorsError' });
      expect(error.message).toContain(file);
    });
  }

  it('names the tensor at fault, escaped and shortened', async () => {
    const file = join(folder, 'escape.safetensors');
    const header = `{"\\u001b[2J\\u202e${'x'.repeat(500)}":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`;
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    writeFileSync(file, Buffer.concat([length, Buffer.from(header), Buffer.alloc(8)]));
    const error = await failure(() => openSafetensors(file));
    expect(error.code).toBe('TensorInvalidInfo');
    expect(error.tensor).toHaveLength(505);
    expect(error.message.length).toBeLessThan(folder.length + 400);
    expect(error.message).toContain('"\\u001b[2J\\u202exxx');
  });

  it('says which tensor is not there', async () => {
    const file = join(folder, 'names.safetensors');
    await writeSafetensors(file, { a: one() });
    const opened = await openSafetensors(file);
    expect(await failure(() => opened.read('b'))).toMatchObject({ code: 'TensorNotFound', tensor: 'b' });
    expect(await failure(() => opened.info('constructor'))).toMatchObject({ code: 'TensorNotFound' });
    await opened.close();
    expect(await failure(() => opened.read('a'))).toMatchObject({ code: 'IoError' });
  });

  it('notices a file that shrinks while it is open', async () => {
    const file = join(folder, 'shrinks.safetensors');
    await writeSafetensors(file, { a: one() });
    const opened = await openSafetensors(file);
    truncateSync(file, readFileSync(file).length - 4);
    expect(await failure(() => opened.read('a'))).toMatchObject({ code: 'IoError', file });
    await opened.close();
  });

  it('opens a file of 3 GB at once, because it reads only the header', async () => {
    const file = join(folder, 'large.safetensors');
    const size = 3 * 2 ** 30;
    const header = `{"a":{"dtype":"U8","shape":[${size}],"data_offsets":[0,${size}]},"b":{"dtype":"F32","shape":[2],"data_offsets":[${size},${size + 8}]}}`;
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    writeFileSync(file, Buffer.concat([length, Buffer.from(header)]));
    const descriptor = openSync(file, 'r+');
    ftruncateSync(descriptor, 8 + header.length + size + 8); // sparse: takes no room on disk
    closeSync(descriptor);
    const opened = await openSafetensors(file);
    expect(opened.info('a').bytes).toBe(size);
    expect([...(await opened.read('b')).data]).toEqual([0, 0]);
    await opened.close();
    rmSync(file);
  });

  const model = sharedPath('models', 'all-MiniLM-L6-v2', 'model.safetensors');
  it.skipIf(model === null)('reads a published model tensor by tensor', async () => {
    const opened = await openSafetensors(model as string);
    let parameters = 0;
    for (const name of opened.names()) {
      const tensor = await opened.read(name);
      const values = toFloat32(tensor);
      expect(values.length).toBe(tensor.shape.reduce((product, size) => product * size, 1));
      if (tensor.dtype === 'F32') {
        parameters += values.length;
        expect(values.every(Number.isFinite)).toBe(true);
        expect(tensor.data.buffer.byteLength).toBe(tensor.data.byteLength);
      }
    }
    expect(opened.metadata.get('format')).toBe('pt');
    expect(parameters).toBe(22_713_216);
    await opened.close();
  });
});

describe('writeSafetensors', () => {
  it('takes one tensor at a time from functions', async () => {
    const file = join(folder, 'lazy.safetensors');
    const calls: string[] = [];
    const lazily = (name: string) => ({
      dtype: 'F32' as const,
      shape: [2],
      data: () => {
        calls.push(name);
        return Promise.resolve(Float32Array.of(1, 2));
      },
    });
    await writeSafetensors(file, { b: lazily('b'), a: lazily('a') });
    expect(calls).toEqual(['a', 'b']);
    expect(readFileSync(file).equals(serializeSafetensors({ a: one(), b: one() }))).toBe(true);
  });

  it('writes a slice of a larger array as that slice', () => {
    const slice = new Float32Array([9, 1, 2, 9]).subarray(1, 3);
    expect(serializeSafetensors({ a: one(slice) })).toEqual(serializeSafetensors({ a: one() }));
  });

  it('leaves the old file, and nothing beside it, when a tensor fails on the way', async () => {
    const place = join(folder, 'atomic');
    mkdirSync(place);
    const file = join(place, 'model.safetensors');
    await writeSafetensors(file, { a: one() });
    const before = readFileSync(file);
    const broken = {
      dtype: 'F32',
      shape: [2],
      data: () => {
        throw new Error('the device is gone');
      },
    } as const;
    await expect(writeSafetensors(file, { a: one(), b: broken })).rejects.toThrowError('the device is gone');
    const short = { ...one(), data: () => Float32Array.of(1) };
    expect(await failure(() => writeSafetensors(file, { a: short }))).toMatchObject({
      code: 'InvalidTensorView',
      tensor: 'a',
      file,
    });
    expect(readdirSync(place)).toEqual(['model.safetensors']);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('says so when the folder is not there', async () => {
    const file = join(folder, 'absent', 'model.safetensors');
    expect(await failure(() => writeSafetensors(file, { a: one() }))).toMatchObject({
      code: 'IoError',
      file,
    });
  });

  const refused: [label: string, code: SafetensorsErrorCode, write: () => unknown][] = [
    ['the name __metadata__', 'InvalidName', () => serializeSafetensors({ __metadata__: one() })],
    ['half a surrogate pair', 'InvalidName', () => serializeSafetensors({ '\ud800': one() })],
    [
      'metadata that is not text',
      'InvalidName',
      () => serializeSafetensors({}, { a: 1 as unknown as string }),
    ],
    ['too few elements', 'InvalidTensorView', () => serializeSafetensors({ a: one(Float32Array.of(1)) })],
    ['a negative size', 'TensorInvalidInfo', () => serializeSafetensors({ a: { ...one(), shape: [-2] } })],
    ['a fraction', 'TensorInvalidInfo', () => serializeSafetensors({ a: { ...one(), shape: [1.5] } })],
    [
      'half a byte',
      'TensorInvalidInfo',
      () => serializeSafetensors({ a: { ...one(), dtype: 'F4', shape: [3] } }),
    ],
    [
      '65 dimensions',
      'TensorInvalidInfo',
      () => serializeSafetensors({ a: { ...one(), shape: Array(65).fill(1) } }),
    ],
  ];
  for (const [label, code, write] of refused) {
    it(`refuses ${label}: ${code}`, async () => {
      expect((await failure(write)).code).toBe(code);
    });
  }
});
