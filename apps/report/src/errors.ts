/** A run folder cannot be reported on; the message names the file and what to do. */
export class ReportInputError extends Error {
  override readonly name = 'ReportInputError';
  /** Tells a command line to print the message alone and to blame the input, not the program. */
  readonly kind = 'input';
}
