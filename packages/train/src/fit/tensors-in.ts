import * as tf from '@tensorflow/tfjs-core';

/** The tensors of a batch: itself, or in arrays and plain objects. Typed arrays and other objects are not looked into. */
export function tensorsIn(batch: unknown): tf.Tensor[] {
  if (batch instanceof tf.Tensor) return [batch];
  if (Array.isArray(batch)) return batch.flatMap(tensorsIn);
  return isPlainObject(batch) ? Object.values(batch).flatMap(tensorsIn) : [];
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
