import { NotLoadedError } from '../errors.js';
import { runtimeState } from '../state.js';
import type { LoadedTensorFlow } from './types.js';

/**
 * What `loadTensorFlow` loaded last.
 *
 * @throws NotLoadedError before the first load
 */
export function currentTensorFlow(): LoadedTensorFlow {
  const { loaded } = runtimeState();
  if (!loaded) throw new NotLoadedError();
  return loaded;
}
