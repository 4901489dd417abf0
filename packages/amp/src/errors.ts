/** What every error of this package has in common. */
export abstract class AmpError extends Error {
  /** `input`: what the user asked for cannot be; `environment`: something about this program or machine. */
  abstract readonly kind: 'input' | 'environment';
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A setting that makes no sense: an unknown precision, mode or dtype, a growth factor of 1. The message names the choices. */
export class AmpInputError extends AmpError {
  readonly kind = 'input';
}

/** Methods of a `GradScaler` called in an order that its state machine does not allow. */
export class GradScalerError extends AmpError {
  readonly kind = 'environment';
}

/** The gradient of a frozen variable was asked for, by `tf.grads` and not by `tf.variableGrads`, after an op under autocast. */
export class HeldShapeError extends AmpError {
  readonly kind = 'environment';
  constructor() {
    super(
      "A gradient needs data that autocast did not hold for it, since the op's other input is a variable that is not trainable. " +
        "Make it trainable, or use a policy with savedActivations: 'as-computed'.",
    );
  }
}
