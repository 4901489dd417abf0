import type { Attr } from './attributes.js';
import type { NativeDType } from './dtypes.js';

/** How bytes stand for the numbers of a float32 tensor. */
export interface Encoding {
  /** Such as `nf4`. */
  readonly name: string;
  /** Op that makes the plain float32 tensor from the bytes. */
  readonly decodeOp: string;
  /** Ops that read the bytes themselves. */
  readonly readBy: ReadonlySet<string>;
}

/** A native tensor in the dispatch chain. */
export interface TensorHandle {
  readonly id: number;
  /** Native dtype; tfjs may know the tensor by another. */
  readonly dtype: NativeDType;
  readonly shape: readonly number[];
  /** Of a tensor by `encodedTensor`, whose dtype and shape are those of its numbers. @default plain data */
  readonly encoding?: Encoding;
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
