/**
 * An input cannot be used: a vocabulary that does not fit, an invalid configuration, a batch longer than the position table.
 * The message names the file and the fix.
 */
export class BertInputError extends Error {
  override readonly name = 'BertInputError';
  readonly kind = 'input';
  /** File with the problem; null if the value did not come from a file. */
  readonly file: string | null;

  constructor(message: string, options: { file?: string | null; cause?: unknown } = {}) {
    super(options.file ? `${options.file}: ${message}` : message, { cause: options.cause });
    this.file = options.file ?? null;
  }
}
