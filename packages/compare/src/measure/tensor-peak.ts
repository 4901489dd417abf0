import type { Observer, TensorHandle } from '@fin/runtime';
import { elementBytes, hasNativeOps, installObserver } from '@fin/runtime';

/** Peak memory of all native tensors that are created while it watches. */
export class TensorPeak {
  readonly #sizes = new Map<number, number>();
  readonly #remove: () => void;
  #bytes = 0;
  #peak = 0;

  constructor() {
    const observer: Observer = {
      beginRange: () => {},
      endRange: () => {},
      created: (handle) => this.#add(handle),
      released: (id) => this.#drop(id),
    };
    this.#remove = installObserver(observer).remove;
  }

  /** Ends watching. @returns the peak in bytes; null without native TensorFlow */
  end(): number | null {
    this.#remove();
    return hasNativeOps() ? this.#peak : null;
  }

  #add({ id, dtype, shape }: TensorHandle): void {
    const bytes = shape.reduce((size, length) => size * length, 1) * elementBytes(dtype);
    this.#sizes.set(id, bytes);
    this.#bytes += bytes;
    if (this.#bytes > this.#peak) this.#peak = this.#bytes;
  }

  #drop(id: number): void {
    this.#bytes -= this.#sizes.get(id) ?? 0;
    this.#sizes.delete(id);
  }
}
