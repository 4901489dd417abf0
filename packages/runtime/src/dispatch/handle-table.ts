import type { NativeBinding, TensorMetadata } from '../backend/native-binding.js';
import { dtypeName, dtypeNumber, standInDType } from './dtypes.js';
import type { Observer } from './observer.js';
import type { Encoding, TensorHandle } from './op-call.js';

/** A handle, and whether tfjs knows its true dtype. */
export interface TrackedHandle extends TensorHandle {
  /** tfjs knows this tensor by a stand-in dtype. */
  readonly masked: boolean;
  /** Of an encoded tensor. */
  readonly encodedBytes?: number;
}

/** Native dtype and shape of every live handle. The binding reports them only once, when it creates a handle. */
export class HandleTable {
  readonly binding: NativeBinding;
  /** Number of live handles that tfjs knows by a stand-in dtype. While it is 0, no inputs need to be checked. */
  maskedCount = 0;
  /** Number of calls with widened inputs, by op. */
  readonly widened: Map<string, number> = new Map();
  readonly #handles = new Map<number, TrackedHandle>();
  /** Derived handles by the id of their source, then by key. */
  readonly #derived = new Map<number, Map<string, TensorHandle>>();

  readonly #observers: () => readonly Observer[];

  /**
   * @param binding the addon itself, not the wrapper
   * @param observers those that are installed now
   */
  constructor(binding: NativeBinding, observers: () => readonly Observer[]) {
    this.binding = binding;
    this.#observers = observers;
  }

  get(id: number): TrackedHandle | undefined {
    return this.#handles.get(id);
  }

  /**
   * Looks up a handle. A handle created outside this table (by a program that loaded tfjs-node itself, before the binding was
   * wrapped) is examined with an `Identity` op.
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

  /** Adds a tensor that tfjs created from host values. */
  addCreated(id: number, dtype: number, shape: readonly number[]): void {
    this.#add({ id, dtype: dtypeName(dtype), shape, masked: false }, 'host');
  }

  /** Adds the output of an op. */
  addOutput(output: TensorMetadata): TrackedHandle {
    const dtype = dtypeName(output.dtype);
    const masked = standInDType(dtype) !== dtype;
    const handle = { id: output.id, dtype, shape: output.shape, masked };
    this.#add(handle, 'op');
    if (masked) this.maskedCount++;
    return handle;
  }

  /** Makes a handle of uint8 bytes one of float32 numbers; see `encodedTensor`. */
  encode(id: number, shape: readonly number[], encoding: Encoding): void {
    const encodedBytes = this.describe(id).shape.reduce((product, size) => product * size, 1);
    this.#handles.set(id, { id, dtype: 'float32', shape, masked: true, encoding, encodedBytes });
  }

  /** See `derivedHandles`. */
  derived(
    sources: readonly TensorHandle[],
    key: string,
    make: (missing: readonly TensorHandle[]) => readonly TensorHandle[],
  ): TensorHandle[] {
    const known = (id: number) => this.#derived.get(id)?.get(key);
    const missing = [...new Map(sources.map((source) => [source.id, source])).values()].filter(
      ({ id }) => !known(id),
    );
    const made = missing.length > 0 ? make(missing) : [];
    for (const [i, { id }] of missing.entries()) {
      const all = this.#derived.get(id) ?? new Map<string, TensorHandle>();
      this.#derived.set(id, all.set(key, made[i]!));
    }
    return sources.map(({ id }) => known(id)!);
  }

  /** Frees the native tensor, and those derived from it. */
  release(id: number): void {
    if (this.#handles.get(id)?.masked) this.maskedCount--;
    this.#handles.delete(id);
    this.binding.deleteTensor(id);
    for (const observer of this.#observers()) observer.released(id);
    const derived = this.#derived.get(id);
    if (!derived) return;
    this.#derived.delete(id);
    for (const handle of derived.values()) this.release(handle.id);
  }

  #add(handle: TrackedHandle, origin: 'op' | 'host'): void {
    this.#handles.set(handle.id, handle);
    for (const observer of this.#observers()) observer.created(handle, origin);
  }
}

/** The handle, with the stand-in dtype for tfjs. */
export function maskedMetadata(handle: TensorHandle): TensorMetadata {
  return { id: handle.id, shape: [...handle.shape], dtype: dtypeNumber(standInDType(handle.dtype)) };
}
