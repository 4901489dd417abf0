import type { NativeBinding, TensorMetadata } from '../backend/native-binding.js';
import { dtypeName, dtypeNumber, standInDType } from './dtypes.js';
import type { TensorHandle } from './op-call.js';

/** A handle with what tfjs was told about it. */
export interface TrackedHandle extends TensorHandle {
  /** tfjs takes this tensor for one of the stand-in dtype. */
  readonly masked: boolean;
}

/** The native dtype and shape of every live handle, which the binding itself does not tell again. */
export class HandleTable {
  readonly binding: NativeBinding;
  /** How many live handles tfjs takes for another dtype than theirs. While 0, no op needs its inputs looked at. */
  maskedCount = 0;
  /** Calls whose inputs had to be widened, by op. */
  readonly widened: Map<string, number> = new Map();
  readonly #handles = new Map<number, TrackedHandle>();

  /** @param binding the addon itself, not the wrapped one */
  constructor(binding: NativeBinding) {
    this.binding = binding;
  }

  get(id: number): TrackedHandle | undefined {
    return this.#handles.get(id);
  }

  /**
   * What is known of a handle. One that was made behind this table's back (before the binding was wrapped, by a program that
   * loaded tfjs-node itself) is asked for by an op that changes nothing.
   */
  describe(id: number): TrackedHandle {
    const known = this.#handles.get(id);
    if (known) return known;
    const [same] = this.binding.executeOp('Identity', [], [id], 1);
    this.binding.deleteTensor(same!.id);
    return this.addOutput({ ...same!, id });
  }

  values(): IterableIterator<TrackedHandle> {
    return this.#handles.values();
  }

  get size(): number {
    return this.#handles.size;
  }

  /** A tensor that tfjs made from host values, in the dtype it knows. */
  addCreated(id: number, dtype: number, shape: readonly number[]): void {
    this.#handles.set(id, { id, dtype: dtypeName(dtype), shape, masked: false });
  }

  /** An op's output. */
  addOutput(output: TensorMetadata): TrackedHandle {
    const dtype = dtypeName(output.dtype);
    const masked = standInDType(dtype) !== dtype;
    const handle = { id: output.id, dtype, shape: output.shape, masked };
    this.#handles.set(output.id, handle);
    if (masked) this.maskedCount++;
    return handle;
  }

  /** Frees the native tensor. */
  release(id: number): void {
    if (this.#handles.get(id)?.masked) this.maskedCount--;
    this.#handles.delete(id);
    this.binding.deleteTensor(id);
  }
}

/** The handle as tfjs may see it. */
export function maskedMetadata(handle: TensorHandle): TensorMetadata {
  return { id: handle.id, shape: [...handle.shape], dtype: dtypeNumber(standInDType(handle.dtype)) };
}
