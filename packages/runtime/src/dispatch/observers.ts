import { runtimeState } from '../state.js';
import type { InstalledInterceptor } from './interceptors.js';
import type { Observer } from './observer.js';

/** Adds an observer. It hears of native tensors only on native TensorFlow, and only of those created after this call. */
export function installObserver(observer: Observer): InstalledInterceptor {
  const state = runtimeState();
  state.observers = [...state.observers, observer];
  return {
    remove() {
      state.observers = state.observers.filter((installed) => installed !== observer);
    },
  };
}

const NOTHING = (): void => {};

/**
 * Begins a named range, such as `forward` or `backward`. Costs nothing without an observer.
 *
 * @returns ends the range; ranges must end in the reverse order of their beginning, without awaiting anything in between
 */
export function beginRange(name: string): () => void {
  const { observers } = runtimeState();
  if (observers.length === 0) return NOTHING;
  for (const observer of observers) observer.beginRange(name);
  return () => {
    for (const observer of observers) observer.endRange();
  };
}
