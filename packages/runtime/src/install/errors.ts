/** A setting of the user is wrong. */
export class InstallInputError extends Error {
  override readonly name = 'InstallInputError';
  readonly kind = 'input';
}

/** A step is not possible on this machine, or failed. The next way is tried. */
export class StepImpossible extends Error {
  override readonly name = 'StepImpossible';
  readonly kind = 'environment';
  /** Remedy, as a sentence; absent if there is none. */
  readonly fix?: string;

  constructor(message: string, options: { fix?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.fix = options.fix;
  }
}

/** The installation was stopped on request. Unfinished work is removed. */
export class InstallInterrupted extends Error {
  override readonly name = 'InstallInterrupted';
  readonly kind = 'environment';
}
