import * as tf from '@tensorflow/tfjs-core';
import type { AdamBucket, MakeAdamEngine } from './adam-engine.js';
import type { AdamSlot, MakeAdamSlot, Moments } from './adam-slot.js';
import { packTensors, unpackTensor } from './buckets.js';

/** A bucket with its slot and, if it has several variables, their concatenated weights. */
interface LiveBucket {
  readonly variables: readonly tf.Variable[];
  readonly slot: AdamSlot;
  /** The weights in one vector, and the data ids of the variables at that time; null for a single variable. */
  weights: { readonly packed: tf.Tensor; readonly of: readonly object[] } | null;
}

/** Adam bucket by bucket, each with a slot for its concatenated parameters. */
export function bucketAdam(makeSlot: MakeAdamSlot): MakeAdamEngine {
  return (buckets) => {
    const live: LiveBucket[] = [];
    const dispose = () => live.splice(0).forEach(freeBucket);
    try {
      for (const bucket of buckets) live.push(assemble(bucket, makeSlot));
    } catch (error) {
      dispose();
      throw error;
    }
    return {
      update(gradients, settings, gradientFactor) {
        for (const [i, bucket] of live.entries()) {
          const gradient = tf.tidy(() => {
            const packed = packTensors(gradients[i]);
            return gradientFactor ? tf.mul(packed, gradientFactor) : packed;
          });
          store(bucket, bucket.slot.update(currentWeights(bucket), gradient, settings[i]));
          gradient.dispose();
        }
      },
      moments: () => live.map(bucketMoments),
      dispose,
    };
  };
}

function assemble({ variables, moments }: AdamBucket, makeSlot: MakeAdamSlot): LiveBucket {
  const packed = {
    expAvg: packTensors(moments.map(({ expAvg }) => expAvg)),
    expAvgSq: packTensors(moments.map(({ expAvgSq }) => expAvgSq)),
  };
  try {
    return { variables, slot: makeSlot(packed), weights: null };
  } finally {
    tf.dispose(packed);
  }
}

/**
 * The variables' weights, concatenated for the slot. They are concatenated again only after other code has assigned to one of the
 * variables.
 */
function currentWeights(bucket: LiveBucket): tf.Tensor {
  const { variables, weights } = bucket;
  if (variables.length === 1) return variables[0];
  if (weights && variables.every((variable, i) => variable.dataId === weights.of[i])) return weights.packed;
  weights?.packed.dispose();
  const packed = tf.keep(packTensors(variables));
  bucket.weights = { packed, of: [] };
  return packed;
}

/** Assigns updated weights to the variables. Takes ownership of the tensor. */
function store(bucket: LiveBucket, updated: tf.Tensor): void {
  const { variables } = bucket;
  try {
    tf.tidy(() => {
      const parts = unpackTensor(
        updated,
        variables.map(({ shape }) => shape),
      );
      for (const [i, variable] of variables.entries()) variable.assign(parts[i]);
    });
  } catch (error) {
    updated.dispose();
    throw error;
  }
  if (variables.length === 1) {
    updated.dispose();
    return;
  }
  bucket.weights?.packed.dispose();
  bucket.weights = { packed: tf.keep(updated), of: variables.map(({ dataId }) => dataId) };
}

function bucketMoments({ variables, slot }: LiveBucket): Moments[] {
  const shapes = variables.map(({ shape }) => shape);
  const { expAvg, expAvgSq } = slot.moments();
  const firsts = unpackTensor(expAvg, shapes);
  const seconds = unpackTensor(expAvgSq, shapes);
  tf.dispose([expAvg, expAvgSq]);
  return firsts.map((first, i) => ({ expAvg: first, expAvgSq: seconds[i] }));
}

function freeBucket({ slot, weights }: LiveBucket): void {
  slot.dispose();
  weights?.packed.dispose();
}
