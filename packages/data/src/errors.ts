/** Maximum length of a cell or line quoted in a message. */
const EXCERPT = 40;

/** Control characters, bidirectional marks and other invisible characters that JSON does not escape. */
const invisible = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Quotes text of a file for a message, with JSON escapes. Also escapes characters that could move a terminal's cursor or reorder
 * text.
 */
export function quote(text: string, length: number = EXCERPT): string {
  const toEscape = (character: string): string =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text.slice(0, length)).replace(invisible, toEscape);
}

/** Position and fix of a {@link DataInputError}. */
export interface DataInputErrorDetails {
  /** The file, as the caller named it. Absent if the problem is an option, not a file. */
  readonly file?: string;
  /** Physical line in the file, counted from 1, as a text editor shows it. */
  readonly line?: number;
  /** Name of the column, as spelled in the header. */
  readonly column?: string;
  /** The remedy, as one sentence. */
  readonly fix: string;
  readonly cause?: unknown;
}

/**
 * Wrong input. The message is complete: file, line, column, problem and fix, with texts of files quoted and escaped. A
 * command line prints it unchanged and exits with 2.
 */
export class DataInputError extends Error {
  override readonly name: string = 'DataInputError';
  readonly kind = 'input' as const;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: string | undefined;
  readonly fix: string;

  /** @param problem the problem, as a clause without a final stop */
  constructor(problem: string, details: DataInputErrorDetails) {
    const place = [
      details.file,
      details.line === undefined ? undefined : `line ${details.line}`,
      details.column === undefined ? undefined : `column ${quote(details.column)}`,
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
