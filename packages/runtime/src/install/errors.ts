/** Where the user's own setting is at fault. */
export class InstallInputError extends Error {
  override readonly name = 'InstallInputError';
  readonly kind = 'input';
}

/** A step that cannot be done on this machine, or was tried and failed: the next source is tried. */
export class StepImpossible extends Error {
  override readonly name = 'StepImpossible';
  readonly kind = 'environment';
  /** What the user can do about it, as a sentence; absent where there is nothing to do. */
  readonly fix?: string;

  constructor(message: string, options: { fix?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.fix = options.fix;
  }
}

/** The installation was stopped on request; everything half-made is gone. */
export class InstallInterrupted extends Error {
  override readonly name = 'InstallInterrupted';
  readonly kind = 'environment';
}
