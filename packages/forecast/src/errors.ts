/** Invalid input. The message names the problem and the fix. */
export class ForecastInputError extends Error {
  override readonly name = 'ForecastInputError';
  /** Error kind for a command line: print the message only, and exit as for wrong input. */
  readonly kind = 'input';
}

/** A signal stopped another rank alone, and so the run, which can be resumed. */
export class RankStoppedError extends Error {
  override readonly name = 'RankStoppedError';
  readonly kind = 'environment';
  /** The rank that was stopped. */
  readonly rank: number;

  constructor(rank: number) {
    super(`rank ${rank} was stopped by a signal`);
    this.rank = rank;
  }
}
