/** Input that cannot be drawn. The message names the value and the fix. A chart is never silently blank. */
export class VizInputError extends Error {
  override readonly name = 'VizInputError';
  /** Error kind for a command line: print the message only, and exit as for wrong input. */
  readonly kind = 'input';
}
