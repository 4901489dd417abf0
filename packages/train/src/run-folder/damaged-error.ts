import { TrainInputError } from '../errors.js';

/** A file of a finished run or checkpoint is not as it was written. */
export class RunDamagedError extends TrainInputError {
  readonly path: string;
  /** What is wrong with it, as a clause. */
  readonly problem: string;

  constructor(path: string, problem: string, message: string = `${path} is damaged: ${problem}`) {
    super(message);
    this.path = path;
    this.problem = problem;
  }
}
