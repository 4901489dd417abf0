import type { ByteSource } from '@fin/files/safetensors';
import { printable } from '@fin/files/safetensors';
import { FormatFault } from '../errors.js';
import type { PickleValue } from '../pickle/pickle-machine.js';
import { kindOf, PickleDict, PickleList } from '../pickle/pickle-machine.js';
import type { PickleWorld } from '../pickle/unpickle.js';
import { MAX_PICKLE_BYTES, unpickleStart } from '../pickle/unpickle.js';
import { checkStorage, readStateDict, storageBytes } from './read-state-dict.js';
import type { StoragePlace, TorchContents } from './torch-objects.js';

/** The pickle of torch's magic number (torch/serialization.py, MAGIC_NUMBER): protocol 2, an integer of ten bytes. */
const MAGIC = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex');

/** torch/serialization.py, PROTOCOL_VERSION: the only one there has been. */
const FORMAT_VERSION = 1001;

/** Bytes before the numbers of a storage: how many they are. */
const COUNT_BYTES = 8;

/** Pickles that make no object but plain values. */
const PLAIN: PickleWorld = {
  globals: new Map(),
  persistent: () => {
    throw new FormatFault('its pickle refers to something outside it where plain values belong');
  },
};

/** Whether a file with these first bytes is of torch.save before version 1.6. */
export function isLegacyStart(start: Uint8Array): boolean {
  return MAGIC.equals(start.subarray(0, MAGIC.length));
}

/**
 * Reads what torch.save wrote before version 1.6, and writes today with `_use_new_zipfile_serialization=False`:
 *
 * ```
 * magic number, version, facts of the machine, state, keys of the storages    five pickles, one after the other
 * for each key: number of elements (int64), elements                          until the end of the file
 * ```
 *
 * @throws {FormatFault}
 */
export async function readLegacy(source: ByteSource): Promise<TorchContents> {
  const head = await source.read(0, Math.min(source.size, MAX_PICKLE_BYTES));
  let at = MAGIC.length;
  const next = (world: PickleWorld): PickleValue => {
    const { value, length } = unpickleStart(head.subarray(at), world);
    at += length;
    return value;
  };
  const version = next(PLAIN);
  if (version !== FORMAT_VERSION)
    throw new FormatFault(
      `it is of version ${printable(String(version))} of torch's format, not ${FORMAT_VERSION}`,
    );
  const facts = next(PLAIN);
  if (!(facts instanceof PickleDict) || facts.entries.get('little_endian') !== true)
    throw new FormatFault('its numbers are not little-endian');
  const { tensors, storages } = readStateDict(next, 6);
  const keys = next(PLAIN);
  if (!(keys instanceof PickleList)) throw new FormatFault('it lacks the list of its storages');
  const places = new Map<string, StoragePlace>();
  for (const key of keys.items) {
    const storage = typeof key === 'string' ? storages.get(key) : undefined;
    const named = typeof key === 'string' ? printable(key) : kindOf(key);
    if (storage === undefined)
      throw new FormatFault(`it lists the storage ${named}, which its pickle does not name`);
    if (places.has(storage.key)) throw new FormatFault(`it lists the storage ${named} twice`);
    if (at + COUNT_BYTES > source.size) throw new FormatFault('it is cut off before its last storage');
    const count = Buffer.from(await source.read(at, COUNT_BYTES)).readBigInt64LE();
    if (count !== BigInt(storage.elements))
      throw new FormatFault(
        `its storage ${printable(storage.key)} of ${storage.elements} elements has ${count}`,
      );
    const place = { offset: at + COUNT_BYTES, size: storageBytes(storage) };
    at = place.offset + place.size;
    if (at > source.size) throw new FormatFault('it is cut off within a storage');
    places.set(storage.key, place);
  }
  if (at !== source.size) throw new FormatFault('it goes on after its last storage');
  for (const storage of storages.values()) checkStorage(storage, places.get(storage.key));
  return { tensors, places };
}
