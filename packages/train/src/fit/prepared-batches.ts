import * as tf from '@tensorflow/tfjs-core';
import { tensorsIn } from './tensors-in.js';
import type { BatchPlace, TrainingData } from './training-data.js';

/** A batch that will be needed. */
export interface BatchRequest extends BatchPlace {
  readonly indices: Int32Array;
}

/** Makes batches one ahead of the one in use, and disposes them. */
export class PreparedBatches<Batch> {
  readonly #data: TrainingData<Batch>;
  #next: Promise<Batch> | null = null;

  constructor(data: TrainingData<Batch>) {
    this.#data = data;
  }

  /** Begins to make a batch, unless one is being made. */
  prepare(request: BatchRequest | null): void {
    if (this.#next || !request) return;
    const { indices, step, part } = request;
    const batch = (async () => this.#data.batch(indices, { step, part }))();
    batch.catch(() => {}); // reported by use(), or by nobody when the run ends before
    this.#next = batch;
  }

  /** Passes the batch to `run`, begins to make the next one, and disposes this one afterwards. */
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

  /** Disposes the batch that was made ahead. */
  async dispose(): Promise<void> {
    const prepared = this.#next;
    this.#next = null;
    if (prepared) tf.dispose(tensorsIn(await prepared.catch(() => null)));
  }
}
