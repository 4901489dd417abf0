import { TrainInputError } from '../errors.js';

/** A run cannot go on from a checkpoint of a run with other settings or other data. */
export class CheckpointMismatchError extends TrainInputError {
  readonly dir: string;

  /** @param difference what differs, as clauses */
  constructor(dir: string, difference: string) {
    super(
      `${dir} belongs to another run: ${difference}. Use the same settings, or begin a new run in another folder`,
    );
    this.dir = dir;
  }
}

/** A new run was to begin in a folder with checkpoints. */
export class CheckpointsExistError extends TrainInputError {
  readonly dir: string;

  constructor(dir: string) {
    super(`${dir} already holds checkpoints: resume from them, or begin in another folder`);
    this.dir = dir;
  }
}
