import type { Attr } from './attributes.js';
import type { NativeDType } from './dtypes.js';

/** A native tensor as the dispatch chain sees it. */
export interface TensorHandle {
  readonly id: number;
  /** Its true dtype, whatever tfjs takes it for. */
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

/** The rest of the chain, down to TensorFlow itself. May be called with other calls, and more than once. */
export type Next = (call: OpCall) => TensorHandle[];

/**
 * Stands between tfjs and TensorFlow: sees each op call and answers it, usually by `next`. It owns the handles that it makes by
 * calls of its own to `next` and does not return: `releaseHandle` them, also when it throws.
 */
export type Interceptor = (call: OpCall, next: Next) => TensorHandle[];
