import { runtimeState } from '../state.js';

/**
 * How often each op had low-precision inputs widened for it since the start (or `resetWidenedOps`): where bfloat16 saves memory but
 * no time.
 */
export function widenedOps(): ReadonlyMap<string, number> {
  return new Map(runtimeState().handles?.widened);
}

/** Starts the count of `widenedOps` again. */
export function resetWidenedOps(): void {
  runtimeState().handles?.widened.clear();
}
