import { env } from 'node:process';
import * as tf from '@tensorflow/tfjs-core';
import { BackendUnavailableError, NotLoadedError } from '../errors.js';
import { supplyGradients } from '../kernels/gradients.js';
import { supplyKernels } from '../kernels/wasm-kernels.js';
import { runtimeState } from '../state.js';
import { loadNative } from './load-native.js';
import { loadCpu, loadWasm, startWasm } from './load-portable.js';
import type { BackendName, LoadedTensorFlow, LoadOptions } from './types.js';
import { BACKEND_NAMES } from './types.js';

const LOADERS: Readonly<Record<BackendName, () => Promise<Pick<LoadedTensorFlow, 'version' | 'native'>>>> = {
  tensorflow: loadNative,
  wasm: loadWasm,
  cpu: loadCpu,
};

/**
 * Loads a backend and makes it tfjs's current one: the requested backend, or the best one of this machine.
 *
 * ```
 * options.backend ─┐
 * FIN_BACKEND ─────┼─ one name: that backend, or BackendUnavailableError
 * neither ─────────┘  else tensorflow ── fails? ── wasm ── fails? ── cpu, each failure a note
 * ```
 *
 * Further calls return the loaded backend at once, or switch if they name another one. The registries of tfjs are process-wide,
 * so all other code that uses tfjs (tf.layers, say) computes on this backend too.
 *
 * @example
 * import { loadTensorFlow } from '@fin/runtime';
 * const { backend, version, notes } = await loadTensorFlow();
 *
 * @throws BackendUnavailableError if the requested backend is not available
 */
export function loadTensorFlow(options: LoadOptions = {}): Promise<LoadedTensorFlow> {
  const state = runtimeState();
  // One at a time: two loads at once would register two native backends.
  const loading = state.loading.then(() => load(options));
  state.loading = loading.catch(() => undefined);
  return loading;
}

async function load(options: LoadOptions): Promise<LoadedTensorFlow> {
  const state = runtimeState();
  const wanted = checked(options.backend) ?? state.loaded?.backend ?? checked(env.FIN_BACKEND);
  if (state.loaded?.backend === wanted) {
    if (tf.getBackend() !== wanted) await activate(wanted);
    return state.loaded;
  }
  const { addChainedMethods } = await import('./complete-tfjs.js'); // half as large as all the rest of tfjs
  const notes: string[] = [];
  for (const backend of wanted === null ? BACKEND_NAMES : [wanted]) {
    try {
      addChainedMethods();
      supplyGradients();
      const facts = await LOADERS[backend]();
      supplyKernels(backend);
      await activate(backend);
      state.loaded = { backend, ...facts, notes };
      return state.loaded;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (wanted !== null) throw new BackendUnavailableError(backend, reason, { cause: error });
      notes.push(`${backend}: ${reason}`);
    }
  }
  throw new BackendUnavailableError('any', notes.join(' '));
}

async function activate(backend: BackendName): Promise<void> {
  const started = await (backend === 'wasm' ? startWasm() : tf.setBackend(backend));
  if (!started) throw new Error(`tfjs could not start its backend "${backend}".`);
}

/** Checks the name of a backend; null if none is given. */
function checked(name: string | undefined): BackendName | null {
  if (!name) return null;
  const known = BACKEND_NAMES.find((backend) => backend === name);
  if (known) return known;
  throw new BackendUnavailableError(name, `there are ${BACKEND_NAMES.join(', ')}.`);
}

/**
 * The backend that `loadTensorFlow` loaded last.
 *
 * @throws NotLoadedError before the first load
 */
export function currentTensorFlow(): LoadedTensorFlow {
  const { loaded } = runtimeState();
  if (!loaded) throw new NotLoadedError();
  return loaded;
}
