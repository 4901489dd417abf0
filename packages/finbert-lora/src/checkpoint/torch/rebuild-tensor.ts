import { dtypeBits } from '@fin/files/safetensors';
import { FormatFault } from '../errors.js';
import type { PickleValue } from '../pickle/values.js';
import { kindOf, PickleTuple } from '../pickle/values.js';
import type { TorchDtype } from './torch-dtypes.js';
import { elementsOf, TorchStorage, TorchTensor } from './torch-tensor.js';

/** Most dimensions, as for safetensors. */
const MAX_DIMENSIONS = 64;

/**
 * The tensor that `torch._utils._rebuild_tensor*` would make, checked to lie within its storage.
 *
 * @param args storage, offset, sizes and strides, in elements; what follows them (gradient flag, hooks) means nothing here
 * @param dtype the element type where the storage is untyped
 * @throws {FormatFault}
 */
export function rebuildTensor(args: readonly PickleValue[], dtype?: TorchDtype): TorchTensor {
  const [given, offset, sizes, steps] = args;
  if (!(given instanceof TorchStorage))
    throw new FormatFault(`its pickle makes a tensor of ${describe(given)}`);
  const storage = dtype === undefined ? given : retype(given, dtype);
  const shape = wholeNumbers(sizes, 'sizes');
  const strides = wholeNumbers(steps, 'strides');
  const [start] = wholeNumbers(new PickleTuple([offset ?? null]), 'offset');
  if (shape.length !== strides.length) {
    throw new FormatFault(`its pickle makes a tensor of ${shape.length} sizes and ${strides.length} strides`);
  }
  const elements = elementsOf(shape);
  const last =
    elements === 0 ? start : shape.reduce((sum, size, i) => sum + (size - 1) * strides[i], start) + 1;
  if (!(last <= storage.elements)) {
    throw new FormatFault(
      `its pickle makes a tensor that reaches element ${last} of a storage of ${storage.elements}`,
    );
  }
  if (!(elements <= storage.elements)) {
    throw new FormatFault(
      `its pickle makes a tensor of ${elements} elements from a storage of ${storage.elements}: expanded tensors are not read`,
    );
  }
  return new TorchTensor(storage, start, shape, strides);
}

function describe(value: PickleValue | undefined): string {
  return value === undefined ? 'nothing' : kindOf(value);
}

function retype(storage: TorchStorage, { dtype }: TorchDtype): TorchStorage {
  const bytes = (storage.elements * dtypeBits(storage.dtype)) / 8;
  return new TorchStorage(storage.key, dtype, Math.floor(bytes / (dtypeBits(dtype) / 8)));
}

function wholeNumbers(value: PickleValue | undefined, what: string): number[] {
  if (!(value instanceof PickleTuple) || value.items.length > MAX_DIMENSIONS) {
    throw new FormatFault(`its pickle gives a tensor ${describe(value)} as its ${what}`);
  }
  return value.items.map((item) => {
    if (typeof item === 'number' && Number.isSafeInteger(item) && item >= 0) return item;
    throw new FormatFault(
      `its pickle gives a tensor the ${what} ${typeof item === 'number' ? item : kindOf(item)}`,
    );
  });
}
