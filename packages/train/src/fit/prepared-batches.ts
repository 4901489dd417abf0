import { beginRange } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import type { BatchPlace, TrainingData } from './fit-options.js';

/** A batch to make. */
export interface BatchRequest {
  readonly indices: Int32Array;
  readonly place: BatchPlace;
}

/** Makes each batch while the one before is in use, and disposes used ones. */
export class PreparedBatches<Batch> {
  readonly #data: TrainingData<Batch>;
  #next: Promise<Batch> | null = null;

  constructor(data: TrainingData<Batch>) {
    this.#data = data;
  }

  /** Starts to make a batch, unless one is in progress. */
  prepare(request: BatchRequest | null): void {
    if (this.#next || !request) return;
    const { indices, place } = request;
    const batch = (async () => {
      const end = beginRange('data'); // the part of it that runs at once
      try {
        return this.#data.batch(indices, place);
      } finally {
        end();
      }
    })();
    batch.catch(() => {}); // use() reports it, unless the run ends before
    this.#next = batch;
  }

  /** Starts to make the next batch, passes this one to `run` and disposes it. */
  async use<T>(request: BatchRequest, next: BatchRequest | null, run: (batch: Batch) => T): Promise<T> {
    this.prepare(request);
    const prepared = this.#next!;
    this.#next = null;
    const batch = await prepared;
    try {
      this.prepare(next);
      return run(batch);
    } finally {
      tf.dispose(tensorsIn(batch));
    }
  }

  /** Disposes the batch made ahead. */
  async dispose(): Promise<void> {
    const prepared = this.#next;
    this.#next = null;
    if (prepared) tf.dispose(tensorsIn(await prepared.catch(() => null)));
  }
}

/** The tensors of a batch: itself, or in arrays and plain objects. Does not look into typed arrays and other objects. */
function tensorsIn(batch: unknown): tf.Tensor[] {
  if (batch instanceof tf.Tensor) return [batch];
  if (Array.isArray(batch)) return batch.flatMap(tensorsIn);
  return isPlainObject(batch) ? Object.values(batch).flatMap(tensorsIn) : [];
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
