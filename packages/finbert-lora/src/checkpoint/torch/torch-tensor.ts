import type { SafetensorsDtype } from '@fin/files/safetensors';
import { PickleObject } from '../pickle/values.js';

/** A run of elements in an entry of the archive; tensors are windows on it and may share it. */
export class TorchStorage extends PickleObject {
  readonly kind = 'a storage';

  constructor(
    /** Name of the entry under `data/`. */
    readonly key: string,
    readonly dtype: SafetensorsDtype,
    /** Length in elements of the dtype. */
    readonly elements: number,
  ) {
    super();
  }
}

/** A tensor as the pickle describes it. */
export class TorchTensor extends PickleObject {
  readonly kind = 'a tensor';

  constructor(
    readonly storage: TorchStorage,
    /** Place of the first element in the storage, in elements. */
    readonly offset: number,
    /** Sizes, outermost first. */
    readonly shape: readonly number[],
    /** Elements from one index to the next, for each dimension. */
    readonly strides: readonly number[],
  ) {
    super();
  }
}

/** Number of elements of a shape. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
