import { CommanderError } from 'commander';
import { InterruptedError } from './interruption.js';
import { ExitCode } from './io.js';
import type { Terminal } from './terminal.js';

/** A command has printed its result, and the result is that an input cannot be used. Sets the exit code to 2. */
export class UnusableInputError extends Error {
  override readonly name = 'UnusableInputError';
  readonly kind = 'input';
}

/** A command has printed its result, and `--strict` asked to fail on what it found. Sets the exit code to 3. */
export class FindingsError extends Error {
  override readonly name = 'FindingsError';
  readonly kind = 'input';
}

interface KnownError extends Error {
  readonly kind?: 'input' | 'environment' | 'interrupted';
  readonly file?: string;
  readonly line?: number;
  readonly fix?: string;
}

/**
 * Prints an error once and returns the exit code.
 *
 * Errors of our packages have a `kind` and a complete message. Errors of the operating system name the path. Any other error is a
 * bug of ours and is printed with its stack.
 *
 * @param json whether to print the error as a JSON document on stdout as well
 */
export function reportError(error: unknown, terminal: Terminal, json: boolean): number {
  if (error instanceof CommanderError) return reportUsage(error, terminal, json);
  const known = (error instanceof Error ? error : new Error(String(error))) as KnownError;
  const kind = known.kind ?? (isSystemError(known) ? 'environment' : 'defect');
  terminal.line(
    kind === 'defect'
      ? `fin: unexpected error, please report it:\n${known.stack ?? known.message}`
      : `fin: ${known.message}`,
  );
  const { message, file, line, fix } = known;
  const isPrinted = known instanceof UnusableInputError || known instanceof FindingsError;
  if (json && !isPrinted) {
    printDocument(terminal, { message, kind, file, line, fix });
  }
  if (known instanceof InterruptedError) return known.exitCode;
  if (known instanceof FindingsError) return ExitCode.findings;
  return kind === 'input' ? ExitCode.input : ExitCode.failure;
}

/** Errors of the command line itself, which commander has printed on stderr. */
function reportUsage({ exitCode, code, message }: CommanderError, terminal: Terminal, json: boolean): number {
  if (exitCode === 0) return ExitCode.ok;
  const text = code === 'commander.help' ? 'a command is missing; see fin --help' : message;
  if (json) printDocument(terminal, { message: text.replace(/^error: /, ''), kind: 'input' });
  return ExitCode.input;
}

function printDocument(terminal: Terminal, error: object): void {
  terminal.result(true, { error }, () => []);
}

/** Whether an error comes from the operating system, such as a full disk. */
function isSystemError(error: Error): boolean {
  return 'syscall' in error && 'errno' in error;
}
