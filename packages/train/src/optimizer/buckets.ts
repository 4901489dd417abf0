import * as tf from '@tensorflow/tfjs-core';

/**
 * Smaller tensors are updated together: for them, op calls cost more than copying into a common tensor and back. For larger ones the copies
 * would cost more.
 */
export const PACK_BELOW: number = 2 ** 16;

/** Maximum number of elements of a common tensor, so that it stays in the processor's cache between two ops. */
export const BUCKET_ELEMENTS: number = 2 ** 20;

/** A parameter to place in a bucket. */
export interface Candidate {
  readonly name: string;
  readonly variable: tf.Variable;
  /** Index of its group. */
  readonly group: number;
  /** Updates so far. */
  readonly step: number;
}

/** Parameters updated by the same ops: a large one, or several small ones of a group, concatenated. */
export interface Bucket {
  readonly members: readonly Candidate[];
  readonly group: number;
}

/** Sorts parameters into buckets. Members of a bucket share the group and the number of updates so far. */
export function planBuckets(candidates: readonly Candidate[]): Bucket[] {
  const buckets: { members: Candidate[]; group: number; elements: number }[] = [];
  const open = new Map<string, (typeof buckets)[number]>();
  for (const candidate of candidates) {
    const { group, step, variable } = candidate;
    const key = `${group} ${step}`;
    const packs = variable.size < PACK_BELOW;
    let bucket = packs ? open.get(key) : undefined;
    if (!bucket || bucket.elements + variable.size > BUCKET_ELEMENTS) {
      bucket = { members: [], group, elements: 0 };
      buckets.push(bucket);
      if (packs) open.set(key, bucket);
    }
    bucket.members.push(candidate);
    bucket.elements += variable.size;
  }
  return buckets;
}

/** Concatenates tensors into one vector; a single tensor keeps its shape. Always returns a copy. */
export function packTensors(tensors: readonly tf.Tensor[]): tf.Tensor {
  if (tensors.length === 1) return tf.clone(tensors[0]);
  return tf.tidy(() => tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1]))));
}

/** The inverse of {@link packTensors}. */
export function unpackTensor(packed: tf.Tensor, shapes: readonly (readonly number[])[]): tf.Tensor[] {
  if (shapes.length === 1) return [tf.clone(packed)];
  return tf.tidy(() => {
    const sizes = shapes.map((shape) => tf.util.sizeFromShape([...shape]));
    return tf.split(packed, sizes).map((part, i) => tf.reshape(part, [...shapes[i]]));
  });
}
