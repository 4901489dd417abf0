/** Where in the run a batch is trained on: the same whenever it is trained on again, as after a resume. */
export interface BatchPlace {
  /** Updates done before its update. */
  readonly step: number;
  /** Which of its update's batches it is, from 0; always 0 without gradient accumulation. */
  readonly part: number;
}

/** Where the training loop gets its batches from. */
export interface TrainingData<Batch> {
  /** Number of examples. */
  readonly size: number;
  /**
   * Makes the batch of these examples; asked for one step ahead, so that a batch that has to be read or computed elsewhere is
   * there in time. Tensors in it (itself, or in arrays and plain objects) belong to the loop, which disposes them after the
   * step: return `tf.clone` of those you keep.
   *
   * @param place address the random numbers of the batch by it, and they are the same in a run that was interrupted
   */
  batch(indices: Int32Array, place: BatchPlace): Batch | Promise<Batch>;
}
