import type { NativeBinding } from './native-binding.js';

/** Backends by their tfjs names, best first: TensorFlow's C library, WebAssembly, plain JavaScript. */
export type BackendName = 'tensorflow' | 'wasm' | 'cpu';

/** Backends in the order in which they are tried. */
export const BACKEND_NAMES: readonly BackendName[] = ['tensorflow', 'wasm', 'cpu'];

/** Options of `loadTensorFlow`. */
export interface LoadOptions {
  /**
   * Backend to load; it is an error if it is not available.
   * @default the environment variable FIN_BACKEND, else the best one that loads
   */
  readonly backend?: BackendName;
}

/** The loaded backend. */
export interface LoadedTensorFlow {
  readonly backend: BackendName;
  /** Version of libtensorflow on the native backend, of tfjs on the others. */
  readonly version: string;
  /** Native binding, with the dispatch chain in front; null on the other backends. */
  readonly native: NativeBinding | null;
  /** One sentence per better backend: why it was not used. */
  readonly notes: readonly string[];
}
