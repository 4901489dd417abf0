import { byteSourceOf } from '@fin/files/safetensors';
import { describe, expect, it } from 'vitest';
import { CheckpointError, readTorchCheckpoint } from '../../src/checkpoint/index.js';
import { readAll } from './checkpoint-support/archive.js';
import {
  dict,
  int,
  legacyNumbers,
  legacyPickles,
  legacyStorage,
  pickle,
  tensor,
  text,
} from './checkpoint-support/pickle-writer.js';

const vector = (key: string, elements: number) =>
  tensor(legacyStorage(key, int(elements)), int(0), [int(elements)], [int(1)]);
const two = dict(text('a'), vector('7', 2), text('b'), vector('9', 3));
const numbers = [legacyNumbers([1, 2]), legacyNumbers([3, 4, 5])];
const file = (...parts: Uint8Array[]) => Buffer.concat(parts);
const sound = file(legacyPickles(two, ['7', '9']), ...numbers);

describe('a file as torch wrote it before version 1.6', () => {
  it('is read, in the order of its list of storages', async () => {
    const expected = { a: { shape: [2], values: [1, 2] }, b: { shape: [3], values: [3, 4, 5] } };
    expect(await readAll(sound)).toEqual(expected);
    expect(await readAll(file(legacyPickles(two, ['9', '7']), numbers[1], numbers[0]))).toEqual(expected);
  });

  it('without a tensor is empty', async () => {
    expect(await readAll(legacyPickles('}', []))).toEqual({});
  });

  const view = legacyStorage('7', int(2), text('of another'));
  const refused: readonly (readonly [what: string, bytes: Buffer, reason: RegExp])[] = [
    ['cut off in a pickle', sound.subarray(0, 60), /cut off/],
    [
      'cut off before a storage',
      file(legacyPickles(two, ['7', '9']), numbers[0]),
      /cut off before its last storage/,
    ],
    ['cut off in a storage', sound.subarray(0, sound.length - 1), /cut off within a storage/],
    ['longer than its storages', file(sound, Buffer.from('x')), /goes on after its last storage/],
    ['without a storage', file(legacyPickles(two, ['7']), numbers[0]), /lacks the storage "9"/],
    [
      'with a storage that nothing names',
      file(legacyPickles(two, ['7', '8']), ...numbers),
      /lists the storage "8", which its pickle does not name/,
    ],
    ['with a storage twice', file(legacyPickles(two, ['7', '7']), ...numbers), /lists the storage "7" twice/],
    [
      'with another number of elements',
      file(legacyPickles(two, ['7', '9']), legacyNumbers([1, 2], 3), numbers[1]),
      /storage "7" of 2 elements has 3/,
    ],
    [
      'with a negative number of elements',
      file(legacyPickles(two, ['7', '9']), legacyNumbers([1, 2], -1), numbers[1]),
      /storage "7" of 2 elements has -1/,
    ],
    [
      'of a later version',
      file(legacyPickles(two, ['7', '9'], { version: int(1002) }), ...numbers),
      /of version "1002"/,
    ],
    [
      'of another machine',
      file(legacyPickles(two, ['7', '9'], { littleEndian: '\x89' }), ...numbers),
      /not little-endian/,
    ],
    [
      'with a view of a storage',
      file(legacyPickles(dict(text('a'), tensor(view, int(0), [int(2)], [int(1)])), ['7'])),
      /view of another/,
    ],
    [
      'with a number among its tensors',
      file(legacyPickles(dict(text('a'), int(1)), [])),
      /a number under "a"/,
    ],
    ['of another program', pickle(dict(text('a'), int(1))), /a pickle, but not of torch.save/],
  ];
  it.each(refused)('%s is refused', async (_, bytes, reason) => {
    const error: unknown = await readTorchCheckpoint(byteSourceOf(bytes)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CheckpointError);
    expect((error as CheckpointError).message).toMatch(reason);
  });

  it('runs nothing and looks up no name before the state either', async () => {
    const call = `cos\nsystem\n(X\x02\x00\x00\x00lstR`;
    for (const bytes of [
      file(legacyPickles(two, ['7', '9'], { version: call }), ...numbers),
      file(legacyPickles(call, []), ...numbers),
    ]) {
      await expect(readTorchCheckpoint(byteSourceOf(bytes))).rejects.toThrowError(
        /asks for the Python name "os.system"/,
      );
    }
  });
});
