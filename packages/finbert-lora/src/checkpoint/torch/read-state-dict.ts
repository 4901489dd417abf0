import { dtypeBits, printable } from '@fin/files/safetensors';
import { FormatFault } from '../errors.js';
import type { PickleValue } from '../pickle/pickle-machine.js';
import { kindOf, PickleDict, PickleTuple } from '../pickle/pickle-machine.js';
import type { PickleWorld } from '../pickle/unpickle.js';
import type { StoragePlace } from './torch-objects.js';
import { TORCH_GLOBALS, TorchStorage, TorchStorageType, TorchTensor } from './torch-objects.js';

/** Key under which training scripts wrap the tensors. */
const WRAPPER = 'state_dict';

/** What the pickle of a checkpoint names. */
export interface StateDict {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  /** Storages by key. */
  readonly storages: ReadonlyMap<string, TorchStorage>;
}

/**
 * Lists the tensors of a checkpoint, and their storages.
 *
 * @param read unpickles the checkpoint's state with these names and storages
 * @param idLength number of items of a storage's persistent id
 * @throws {FormatFault}
 */
export function readStateDict(read: (world: PickleWorld) => PickleValue, idLength: 5 | 6): StateDict {
  const storages = new Map<string, TorchStorage>();
  const root = read({
    globals: TORCH_GLOBALS,
    persistent: (id) => {
      const storage = readStorageId(id, idLength);
      const known = storages.get(storage.key);
      if (known === undefined) storages.set(storage.key, storage);
      else if (known.dtype !== storage.dtype || known.elements !== storage.elements) {
        throw new FormatFault(`its pickle describes the storage ${printable(storage.key)} in two ways`);
      }
      return known ?? storage;
    },
  });
  return { tensors: tensorsOf(root), storages };
}

/** ('storage', class, key, device, elements[, view]) */
function readStorageId(id: PickleValue, length: 5 | 6): TorchStorage {
  if (id instanceof PickleTuple && id.items.length === length) {
    const [word, type, key, device, elements, view = null] = id.items;
    if (view !== null)
      throw new FormatFault('one of its storages is a view of another; such files are not read');
    const known =
      word === 'storage' &&
      type instanceof TorchStorageType &&
      typeof key === 'string' &&
      typeof device === 'string' &&
      typeof elements === 'number' &&
      Number.isSafeInteger(elements) &&
      elements >= 0;
    if (known) return new TorchStorage(key, type.dtype, elements);
  }
  throw new FormatFault('its pickle refers to something outside it that is no storage');
}

export function storageBytes({ dtype, elements }: TorchStorage): number {
  return (elements * dtypeBits(dtype)) / 8;
}

/** @throws {FormatFault} if the file lacks the storage, or has another number of bytes for it */
export function checkStorage(storage: TorchStorage, place: StoragePlace | undefined): void {
  const { key, dtype, elements } = storage;
  if (place === undefined)
    throw new FormatFault(`it lacks the storage ${printable(key)} that its pickle names`);
  const bytes = storageBytes(storage);
  if (place.size !== bytes) {
    throw new FormatFault(
      `its storage ${printable(key)} of ${elements} elements of ${dtype} has ${place.size} bytes instead of ${bytes}`,
    );
  }
}

function tensorsOf(root: PickleValue): ReadonlyMap<string, TorchTensor> {
  const wrapped = root instanceof PickleDict ? root.entries.get(WRAPPER) : undefined;
  const state = wrapped instanceof PickleDict ? wrapped : root;
  if (!(state instanceof PickleDict))
    throw new FormatFault(`it holds ${kindOf(state)}, not a dict of tensors`);
  const tensors = new Map<string, TorchTensor>();
  for (const [name, value] of state.entries) {
    if (typeof name !== 'string' || !(value instanceof TorchTensor)) {
      throw new FormatFault(
        `it holds ${kindOf(value)} under ${printable(String(name))}, and a dict of tensors alone is read`,
      );
    }
    tensors.set(name, value);
  }
  return tensors;
}
