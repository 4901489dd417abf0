import * as tf from '@tensorflow/tfjs-core';
import { tensorsIn } from './tensors-in.js';
import type { TrainingData } from './training-data.js';

/** Makes batches one ahead of the one in use, and disposes them. */
export class PreparedBatches<Batch> {
  readonly #data: TrainingData<Batch>;
  #next: { readonly indices: Int32Array; readonly batch: Promise<Batch> } | null = null;

  constructor(data: TrainingData<Batch>) {
    this.#data = data;
  }

  /** Begins to make a batch, unless one is being made. */
  prepare(indices: Int32Array | undefined): void {
    if (this.#next || !indices) return;
    const batch = (async () => this.#data.batch(indices))();
    batch.catch(() => {}); // reported by use(), or by nobody when the run ends before
    this.#next = { indices, batch };
  }

  /** Passes the batch to `run`, begins to make the next one, and disposes this one afterwards. */
  async use<T>(indices: Int32Array, next: Int32Array | undefined, run: (batch: Batch) => T): Promise<T> {
    this.prepare(indices);
    const prepared = this.#next!;
    this.#next = null;
    const batch = await prepared.batch;
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
    if (prepared) tf.dispose(tensorsIn(await prepared.batch.catch(() => null)));
  }
}
