import type { BackendName, LoadedTensorFlow } from './backend/types.js';
import type { HandleTable } from './dispatch/handle-table.js';
import type { Observer } from './dispatch/observer.js';
import type { Interceptor } from './dispatch/op-call.js';

/** One entry of the dispatch chain. */
export interface ChainEntry {
  readonly name: string;
  readonly interceptor: Interceptor;
}

/** State that this package keeps between calls. */
export interface RuntimeState {
  loaded: LoadedTensorFlow | null;
  /** Resolves when no load is running; never rejects. */
  loading: Promise<unknown>;
  /** In order of installation; the last one sees a call first. Replaced as a whole, never changed in place. */
  interceptors: readonly ChainEntry[];
  /** Replaced as a whole, never changed in place. */
  observers: readonly Observer[];
  /** Handles of the native binding; null until the binding is loaded. */
  handles: HandleTable | null;
  /** Backends whose missing kernels have been registered. */
  readonly supplied: Set<BackendName>;
}

/**
 * The state belongs to the process, as the registries of tfjs do. Two copies of this package in one process (two versions, or
 * sources under test beside their build) therefore share one loaded TensorFlow and one dispatch chain. The number in the key
 * changes with the shape of the state, so that incompatible copies stay apart.
 */
const STATE_KEY: unique symbol = Symbol.for('@fin/runtime/state/2') as never;

type GlobalWithState = typeof globalThis & { [STATE_KEY]?: RuntimeState };

/** The state of this process, created on first use. */
export function runtimeState(): RuntimeState {
  const holder = globalThis as GlobalWithState;
  holder[STATE_KEY] ??= {
    loaded: null,
    loading: Promise.resolve(),
    interceptors: [],
    observers: [],
    handles: null,
    supplied: new Set(),
  };
  return holder[STATE_KEY];
}
