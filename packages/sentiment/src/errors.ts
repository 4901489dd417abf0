/** Invalid input. The message names the problem and the fix. */
export class SentimentInputError extends Error {
  override readonly name = 'SentimentInputError';
  /** Tells a command line to print the message alone and to blame the input, not the program. */
  readonly kind = 'input';
}
