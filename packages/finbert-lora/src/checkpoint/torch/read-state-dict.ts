import { dtypeBits, printable } from '@fin/files/safetensors';
import { FormatFault } from '../errors.js';
import type { PickleValue } from '../pickle/pickle-machine.js';
import { kindOf, PickleDict, PickleTuple } from '../pickle/pickle-machine.js';
import { unpickle } from '../pickle/unpickle.js';
import type { ZipEntry } from '../zip/read-zip.js';
import { TORCH_GLOBALS, TorchStorage, TorchStorageType, TorchTensor } from './torch-objects.js';

/** Key under which training scripts wrap the tensors. */
const WRAPPER = 'state_dict';

/**
 * Lists the tensors in a checkpoint's pickle, and checks that the archive has the storage of each.
 *
 * @param storageEntry finds the archive's entry of a storage
 * @throws {FormatFault}
 */
export function readStateDict(
  pickle: Uint8Array,
  storageEntry: (key: string) => ZipEntry | undefined,
): ReadonlyMap<string, TorchTensor> {
  const storages = new Map<string, TorchStorage>();
  const root = unpickle(pickle, {
    globals: TORCH_GLOBALS,
    persistent: (id) => {
      const storage = readStorageId(id);
      const known = storages.get(storage.key);
      if (known === undefined) {
        checkSize(storage, storageEntry(storage.key));
        storages.set(storage.key, storage);
      } else if (known.dtype !== storage.dtype || known.elements !== storage.elements) {
        throw new FormatFault(`its pickle describes the storage ${printable(storage.key)} in two ways`);
      }
      return known ?? storage;
    },
  });
  return tensorsOf(root);
}

/** ('storage', class, key, device, elements) */
function readStorageId(id: PickleValue): TorchStorage {
  if (id instanceof PickleTuple && id.items.length === 5) {
    const [word, type, key, device, elements] = id.items;
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

function checkSize({ key, dtype, elements }: TorchStorage, entry: ZipEntry | undefined): void {
  if (entry === undefined)
    throw new FormatFault(`it lacks the storage ${printable(key)} that its pickle names`);
  const bytes = (elements * dtypeBits(dtype)) / 8;
  if (entry.size !== bytes) {
    throw new FormatFault(
      `its storage ${printable(key)} of ${elements} elements of ${dtype} has ${entry.size} bytes instead of ${bytes}`,
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
