import { NotLoadedError } from '../errors.js';
import { runtimeState } from '../state.js';
import type { Interceptor, TensorHandle } from './op-call.js';

/** An interceptor in the dispatch chain. */
export interface InstalledInterceptor {
  /** Removes this interceptor and no other. Calling it twice is harmless. */
  remove(): void;
}

/** Options of {@link installInterceptor}. */
export interface InterceptorOptions {
  /** Whether it sees each call last, as TensorFlow will run it: after all interceptors that change calls or add some. @default false */
  readonly innermost?: boolean;
}

/**
 * Adds an interceptor to the dispatch chain. The one installed last sees a call first. It can be installed before TensorFlow is
 * loaded, and does nothing on other backends. Running calls are not affected.
 *
 * @param name shown by `installedInterceptors`; need not be unique
 */
export function installInterceptor(
  name: string,
  interceptor: Interceptor,
  { innermost = false }: InterceptorOptions = {},
): InstalledInterceptor {
  const state = runtimeState();
  const entry = { name, interceptor };
  state.interceptors = innermost ? [entry, ...state.interceptors] : [...state.interceptors, entry];
  return {
    remove() {
      state.interceptors = state.interceptors.filter((installed) => installed !== entry);
    },
  };
}

/** Names of the installed interceptors, in the order in which they see a call. */
export function installedInterceptors(): readonly string[] {
  return runtimeState()
    .interceptors.map(({ name }) => name)
    .reverse();
}

/** Releases a native tensor that an interceptor created with `next`. Never release an input of the call: tfjs owns it. */
export function releaseHandle(handle: TensorHandle): void {
  const { handles } = runtimeState();
  if (!handles) throw new NotLoadedError();
  handles.release(handle.id);
}

/**
 * Tensors each of which is computed from another one and kept as long as it, such as weights in another layout. The data of a handle
 * never change, and assigning a variable gives it a new handle, so what is derived never becomes stale. Freed with its source; the
 * caller must not release it.
 *
 * @param key tells different tensors derived from one source apart
 * @param make computes with `next` those that do not exist yet, one for each of the given sources
 * @returns one for each source
 */
export function derivedHandles(
  sources: readonly TensorHandle[],
  key: string,
  make: (missing: readonly TensorHandle[]) => readonly TensorHandle[],
): TensorHandle[] {
  const { handles } = runtimeState();
  if (!handles) throw new NotLoadedError();
  return handles.derived(sources, key, make);
}

/** All native tensors that exist now; none before TensorFlow is loaded. */
export function nativeHandles(): readonly TensorHandle[] {
  return [...(runtimeState().handles?.values() ?? [])];
}

/** Reads the values of a native tensor of int32 numbers, such as an input of a call that holds sizes. */
export function readIndices(handle: TensorHandle): Int32Array {
  const { handles } = runtimeState();
  if (!handles) throw new NotLoadedError();
  if (handle.dtype !== 'int32') throw new TypeError(`the tensor is ${handle.dtype}, not int32`);
  return handles.binding.tensorDataSync(handle.id) as Int32Array;
}
