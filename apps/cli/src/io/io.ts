import process from 'node:process';

/** Where a command writes. Tests hand in their own. */
export interface Io {
  /** Results only: a table or text for people, one JSON document with `--json`. */
  readonly stdout: { write(text: string): unknown };
  /** Everything else: progress, notes, errors. */
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
}

/** The process's own streams. */
export const processIo = (): Io => ({ stdout: process.stdout, stderr: process.stderr });
