import { NotLoadedError } from '../errors.js';
import { runtimeState } from '../state.js';
import type { TensorHandle } from './types.js';

/** Frees a native tensor that an interceptor made for itself by `next`. Never one of the call's inputs: those are tfjs's. */
export function releaseHandle(handle: TensorHandle): void {
  const { handles } = runtimeState();
  if (!handles) throw new NotLoadedError();
  handles.release(handle.id);
}
