import type { TensorHandle } from './op-call.js';

/** Watches named ranges of work, and native tensors as they are created and released. A profiler, for example. */
export interface Observer {
  /** A range begins inside all ranges that are open. */
  beginRange(name: string): void;
  /** The range that was begun last ends. */
  endRange(): void;
  /** A native tensor was created, by an op or from host values. tfjs uploads host values when an op first needs them. */
  created(handle: TensorHandle, origin: 'op' | 'host'): void;
  /** A native tensor was released. */
  released(id: number): void;
}
