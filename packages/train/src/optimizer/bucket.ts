import type * as tf from '@tensorflow/tfjs-core';

/**
 * Tensors with fewer elements are updated together: below this, calling TensorFlow's ops for each costs more than copying it
 * into a common tensor and back. Above, the copies would cost more than the calls.
 */
export const PACK_BELOW: number = 2 ** 16;

/** Elements of one common tensor at most, so that what passes between two ops stays in the processor's cache. */
export const BUCKET_ELEMENTS: number = 2 ** 20;

/** A parameter with what tells which others it can be updated together with. */
export interface Candidate {
  readonly name: string;
  readonly variable: tf.Variable;
  /** Index of its group. */
  readonly group: number;
  /** Updates that it has had. */
  readonly step: number;
}

/** Parameters that are updated by the same ops: one large one, or several small ones of one group laid end to end. */
export interface Bucket {
  readonly members: readonly Candidate[];
  readonly group: number;
}

/** Sorts parameters into buckets. Members of a bucket have the same group and the same number of updates behind them. */
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
