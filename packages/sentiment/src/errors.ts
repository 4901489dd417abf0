/** A request to this package that cannot be met as it stands; the message says what to change. */
export class SentimentInputError extends Error {
  override readonly name = 'SentimentInputError';
  /** Tells a command line to print the message alone and to blame the input, not the program. */
  readonly kind = 'input';
}
