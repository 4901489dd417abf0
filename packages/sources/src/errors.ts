/** A name, revision or token is wrong, or the model cannot be used. The message says what to change. */
export class SourceInputError extends Error {
  readonly kind = 'input';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * The server could not be reached, refused to answer, or sent something other than it had listed. Bytes that were received are kept,
 * and the next call goes on after them.
 */
export class SourceUnavailableError extends Error {
  readonly kind = 'environment';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A model is not in the hub cache on this machine, or not all of it. */
export class ModelNotCachedError extends SourceInputError {
  /** The message without the advice. */
  readonly problem: string;

  constructor(problem: string) {
    super(`${problem}: fetch it with pullModel`);
    this.problem = problem;
  }
}
