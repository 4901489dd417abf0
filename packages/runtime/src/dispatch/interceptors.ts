import { NotLoadedError } from '../errors.js';
import { runtimeState } from '../state.js';
import type { Interceptor, TensorHandle } from './op-call.js';

/** An interceptor in the dispatch chain. */
export interface InstalledInterceptor {
  /** Removes this interceptor and no other. Calling it twice is harmless. */
  remove(): void;
}

/**
 * Puts an interceptor at the head of the dispatch chain: the one installed last sees a call first. It may be installed before
 * TensorFlow is loaded, and does nothing on other backends. A call that is under way keeps the chain it began with.
 */
export function installInterceptor(name: string, interceptor: Interceptor): InstalledInterceptor {
  const state = runtimeState();
  const entry = { name, interceptor };
  state.interceptors = [...state.interceptors, entry];
  return {
    remove() {
      state.interceptors = state.interceptors.filter((installed) => installed !== entry);
    },
  };
}

/** Names of the installed interceptors in the order in which they see a call. */
export function installedInterceptors(): readonly string[] {
  return runtimeState()
    .interceptors.map(({ name }) => name)
    .reverse();
}

/** Frees a native tensor that an interceptor made for itself by `next`. Never one of the call's inputs: those are tfjs's. */
export function releaseHandle(handle: TensorHandle): void {
  const { handles } = runtimeState();
  if (!handles) throw new NotLoadedError();
  handles.release(handle.id);
}
