/** Base class of the errors of this package. */
abstract class ParallelError extends Error {
  readonly kind: 'input' | 'environment' = 'environment';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The program was started as several ranks, and MPI cannot be used. The message gives the reason and the fix. */
export class MpiUnavailableError extends ParallelError {}

/** MPI reported an error, such as a broken connection. */
export class MpiError extends ParallelError {}

/** The ranks are not in the same state: they began with other data or weights, or computed other ones. */
export class RanksDifferError extends ParallelError {}

/** Another rank ended before the work was done. */
export class LostRankError extends ParallelError {
  /** The rank that ended. */
  readonly rank: number;

  /** @param reason message of its error; null if it was killed or its machine is gone */
  constructor(rank: number, host: string, pid: number, reason: string | null) {
    const who = `rank ${rank} (process ${pid} on ${host})`;
    super(
      reason === null ? `${who} is lost: it was killed, or its machine is gone` : `${who} failed: ${reason}`,
    );
    this.rank = rank;
  }
}
