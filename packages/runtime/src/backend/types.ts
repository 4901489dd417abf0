import type { NativeBinding } from './native-binding.js';

/** tfjs's names of the backends, best first: TensorFlow's C library, WebAssembly, plain JavaScript. */
export type BackendName = 'tensorflow' | 'wasm' | 'cpu';

/** The backends in the order in which they are tried. */
export const BACKEND_NAMES: readonly BackendName[] = ['tensorflow', 'wasm', 'cpu'];

/** Options of `loadTensorFlow`. */
export interface LoadOptions {
  /**
   * The backend to use; failing to load it is an error then.
   * @default the environment variable FIN_BACKEND, else the best one that loads
   */
  readonly backend?: BackendName;
}

/** What is loaded now. */
export interface LoadedTensorFlow {
  readonly backend: BackendName;
  /** Version of libtensorflow on the native backend, of tfjs elsewhere. */
  readonly version: string;
  /** The binding behind the dispatch chain; null unless the backend is native. */
  readonly native: NativeBinding | null;
  /** Why each better backend was passed over, in plain sentences. */
  readonly notes: readonly string[];
}
