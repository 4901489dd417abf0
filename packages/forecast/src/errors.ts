/** Something in what the caller passed cannot be worked with; the message says what and how to put it right. */
export class ForecastInputError extends Error {
  override readonly name = 'ForecastInputError';
  /** Tells a command line to print the message alone and to blame the input, not the program. */
  readonly kind = 'input';
}
