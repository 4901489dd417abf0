/** What was passed cannot be drawn; the message says which value and what to do. A chart is never silently blank. */
export class VizInputError extends Error {
  override readonly name = 'VizInputError';
  /** Tells a command line to print the message alone and to blame the input, not the program. */
  readonly kind = 'input';
}
