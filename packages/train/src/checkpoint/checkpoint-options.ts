/** Something whose state is saved in every checkpoint and restored on resume, such as a random stream. */
export interface Resumable<State = unknown> {
  /** Plain data that JSON can represent. */
  state(): State;
  restore(state: State): void;
}

/** Settings of checkpoints and resume. */
export interface CheckpointOptions {
  /** Their folder, such as `run.path('checkpoints')`; created if missing. Only one process at a time may write to it. */
  readonly dir: string;
  /**
   * Updates between two checkpoints, or Infinity. One is always written at the best evaluation so far, at the end, and on abort.
   * @default one epoch
   */
  readonly every?: number;
  /**
   * Seconds after which another checkpoint is written between two updates. After a slow one the next waits longer, so that these
   * checkpoints take at most 2 % of the time. @default no limit
   */
  readonly everySeconds?: number;
  /** Newest checkpoints to keep, besides the best one. @default 2 */
  readonly keepLast?: number;
  /** Whether to save parameters that the optimizer does not train, too. @default false */
  readonly frozenToo?: boolean;
  /**
   * Values of your own that a resumed run must share, such as a fingerprint of the data, model sizes or the name of the base model. The
   * loop's own settings are always compared. @default none
   */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** States of your own to save, by name. @default none */
  readonly states?: Readonly<Record<string, Resumable>>;
  /**
   * `true`: resume from the newest checkpoint, or start if there is none; a damaged one is an error.
   * `'lastGood'`: the same, but skip damaged ones.
   * `false`: start; existing checkpoints are an error.
   * @default false
   */
  readonly resume?: boolean | 'lastGood';
}
