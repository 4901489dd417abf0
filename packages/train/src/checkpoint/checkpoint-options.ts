/** Something whose state goes into every checkpoint and comes back on resume, such as a random stream or a gradient scaler. */
export interface Resumable<State = unknown> {
  /** Plain data, as JSON can hold it. */
  state(): State;
  restore(state: State): void;
}

/** Where and when checkpoints are written, and whether one is gone on from. */
export interface CheckpointOptions {
  /** Their folder, such as `run.path('checkpoints')`; made if need be. One process at a time may write it. */
  readonly dir: string;
  /**
   * Updates between two of them. There is always one at each evaluation that is the best so far, at the end, and when the run
   * is aborted. @default one epoch
   */
  readonly every?: number;
  /**
   * Seconds after which one is written besides, between two updates. One that took long to write waits longer for the next, so
   * that these cost two hundredths of the time at most. @default no limit
   */
  readonly everySeconds?: number;
  /** Checkpoints that are kept, newest first, besides the best one. @default 2 */
  readonly keepLast?: number;
  /** Whether parameters that the optimizer does not train are written too. @default false */
  readonly frozenToo?: boolean;
  /**
   * What must be the same in the run that goes on, besides everything that the loop knows itself: fingerprint of the data,
   * sizes of the model, name of the frozen base. @default nothing
   */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** States of your own to keep, by name. @default none */
  readonly states?: Readonly<Record<string, Resumable>>;
  /**
   * `true`: go on from the newest checkpoint, or begin where there is none; a damaged one is an error.
   * `'lastGood'`: the same, but pass over damaged ones.
   * `false`: begin; checkpoints that are there already are an error.
   * @default false
   */
  readonly resume?: boolean | 'lastGood';
}
