/** Where a {@link DataInputError} points, and what to do about it. */
export interface DataInputErrorDetails {
  /** The file, as the caller named it. Absent when an option, not a file, is at fault. */
  readonly file?: string;
  /** Physical line in the file, counted from 1, as a text editor shows it. */
  readonly line?: number;
  /** Name of the column, as the header writes it. */
  readonly column?: string;
  /** One sentence that says what to do. */
  readonly fix: string;
  readonly cause?: unknown;
}

/**
 * What the user gave cannot be used. The message is complete by itself: file, line, column, what is wrong, what to do.
 * A command line prints it as it is and exits with 2.
 */
export class DataInputError extends Error {
  override readonly name: string = 'DataInputError';
  readonly kind = 'input' as const;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: string | undefined;
  readonly fix: string;

  /** @param problem What is wrong, as a clause without a final stop. */
  constructor(problem: string, details: DataInputErrorDetails) {
    const place = [
      details.file,
      details.line === undefined ? undefined : `line ${details.line}`,
      details.column === undefined ? undefined : `column "${details.column}"`,
    ].filter((part) => part !== undefined);
    super(`${place.length > 0 ? `${place.join(', ')}: ` : ''}${problem}. ${details.fix}`, {
      cause: details.cause,
    });
    this.file = details.file;
    this.line = details.line;
    this.column = details.column;
    this.fix = details.fix;
  }
}
