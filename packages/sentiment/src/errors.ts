/** Invalid input. The message names the problem and the fix. */
export class SentimentInputError extends Error {
  override readonly name = 'SentimentInputError';
  /** Error kind for a command line: print the message only, and exit as for wrong input. */
  readonly kind = 'input';
}
