import type { BackendName, LoadedTensorFlow } from './backend/types.js';
import type { HandleTable } from './dispatch/handle-table.js';
import type { Interceptor } from './dispatch/op-call.js';

/** One entry of the dispatch chain. */
export interface ChainEntry {
  readonly name: string;
  readonly interceptor: Interceptor;
}

/** Everything this package remembers between calls. */
export interface RuntimeState {
  loaded: LoadedTensorFlow | null;
  /** Settles when no load is under way; never rejects. */
  loading: Promise<unknown>;
  /** In the order of installation: the last one sees a call first. Replaced, never changed in place. */
  interceptors: readonly ChainEntry[];
  /** Handles of the native binding; null until it is loaded. */
  handles: HandleTable | null;
  /** Backends to which the kernels they lack have been given. */
  readonly supplied: Set<BackendName>;
}

/**
 * The state belongs to the process, as tfjs's own registries do: two copies of this package (two versions of it in one
 * dependency tree, or its sources under test beside its build) see one loaded TensorFlow and one chain. The number in the key
 * changes when the shape of the state does, so that copies that could not understand each other do not try.
 */
const STATE_KEY: unique symbol = Symbol.for('@fin/runtime/state/1') as never;

type GlobalWithState = typeof globalThis & { [STATE_KEY]?: RuntimeState };

/** The process-wide state, made on first use. */
export function runtimeState(): RuntimeState {
  const holder = globalThis as GlobalWithState;
  holder[STATE_KEY] ??= {
    loaded: null,
    loading: Promise.resolve(),
    interceptors: [],
    handles: null,
    supplied: new Set(),
  };
  return holder[STATE_KEY];
}
