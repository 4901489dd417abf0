import type { Attr } from './attributes.js';
import type { NativeDType } from './dtypes.js';

/** A native tensor in the dispatch chain. */
export interface TensorHandle {
  readonly id: number;
  /** Native dtype; tfjs may know the tensor by another. */
  readonly dtype: NativeDType;
  readonly shape: readonly number[];
}

/** One call of a TensorFlow op. */
export interface OpCall {
  readonly op: string;
  readonly attrs: readonly Attr[];
  readonly inputs: readonly TensorHandle[];
  readonly nOutputs: number;
}

/** Runs a call on the rest of the chain, which ends at TensorFlow. It may be called several times, with other calls too. */
export type Next = (call: OpCall) => TensorHandle[];

/**
 * Stands between tfjs and TensorFlow: receives each op call and returns its outputs, usually those of `next`. It owns the handles
 * that it gets from further calls of `next` and does not return; it must `releaseHandle` them, also when it throws.
 */
export type Interceptor = (call: OpCall, next: Next) => TensorHandle[];
