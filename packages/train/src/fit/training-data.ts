/** Where the training loop gets its batches from. */
export interface TrainingData<Batch> {
  /** Number of examples. */
  readonly size: number;
  /**
   * Makes the batch of these examples; asked for one step ahead, so that a batch that has to be read or computed elsewhere is
   * there in time. Tensors in it (itself, or in arrays and plain objects) belong to the loop, which disposes them after the
   * step: return `tf.clone` of those you keep.
   */
  batch(indices: Int32Array): Batch | Promise<Batch>;
}
