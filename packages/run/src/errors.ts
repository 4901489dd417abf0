/** A run folder cannot be used as requested; the message says what to change. */
export class RunInputError extends Error {
  readonly kind = 'input';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}
