/** Base class of this package's errors. */
export abstract class AmpError extends Error {
  /** `input`: a setting or value that the caller must change; `environment`: the state of this program or machine. */
  abstract readonly kind: 'input' | 'environment';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An invalid setting, such as an unknown precision or a growth factor of 1. The message names the field and the valid values. */
export class AmpInputError extends AmpError {
  readonly kind = 'input';
}

/** A `GradScaler` whose methods were called in the wrong order. */
export class GradScalerError extends AmpError {
  readonly kind = 'environment';
}

/** A gradient for a non-trainable variable was requested with `tf.grads`, but autocast saved only a shape for it. */
export class HeldShapeError extends AmpError {
  readonly kind = 'environment';
  constructor() {
    super(
      'A gradient for a variable that is not trainable was requested, and autocast did not save the data it needs. ' +
        "Make the variable trainable, or use a policy with savedActivations: 'as-computed'.",
    );
  }
}
