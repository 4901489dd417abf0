import { CommanderError } from 'commander';
import { ExitCode } from './exit-codes.js';
import { InterruptedError } from './interruption.js';
import type { Io } from './io.js';

interface KindOfError extends Error {
  readonly kind?: 'input' | 'environment';
  readonly file?: string;
  readonly line?: number;
  readonly fix?: string;
}

/**
 * Says what went wrong, once, and returns the exit code. Errors that packages raise on purpose carry a `kind` and are told in
 * their own words; anything else is a defect of ours and comes with its stack.
 */
export function reportError(error: unknown, io: Io, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.input;
  if (error instanceof InterruptedError) {
    io.stderr.write(`fin: ${error.message}\n`);
    return error.exitCode;
  }
  const known = error instanceof Error ? (error as KindOfError) : (new Error(String(error)) as KindOfError);
  const text = known.kind
    ? known.message
    : `unexpected error, please report it:\n${known.stack ?? known.message}`;
  io.stderr.write(`fin: ${text}\n`);
  if (json) {
    const { message, kind, file, line, fix } = known;
    io.stdout.write(
      `${JSON.stringify({ error: { message, kind: kind ?? 'defect', file, line, fix } }, null, 2)}\n`,
    );
  }
  return known.kind === 'input' ? ExitCode.input : ExitCode.failure;
}
