/** A request to this package that cannot be met as it stands; the message says what to change. */
export class TrainInputError extends Error {
  readonly kind = 'input';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Something about this machine or this program stopped the work; the message says what and what to do. */
export class TrainError extends Error {
  readonly kind = 'environment';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
