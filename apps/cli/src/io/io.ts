import process from 'node:process';

/** Output streams of a command. Tests pass their own. */
export interface Io {
  /** Results only: text for people, or one JSON document with `--json`. */
  readonly stdout: { write(text: string): unknown };
  /** Everything else: progress, notes, errors. */
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
}

/** Exit codes of every command. */
export const ExitCode = {
  ok: 0,
  /** A failure that the command line did not cause. */
  failure: 1,
  /** The command line, or a file it names, is wrong. The message says which and how to correct it. */
  input: 2,
  /** `--strict` found something in the data; the result is printed. */
  findings: 3,
  /** 128 + SIGINT */
  interrupted: 130,
  /** 128 + SIGTERM */
  terminated: 143,
} as const;

/**
 * The streams of the process. When the reader of a pipe closes it (`fin data check | head`), the rest of the output is dropped
 * and the command still finishes its work. Any other write error is reported and sets the exit code to 1.
 */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') return;
      process.exitCode = ExitCode.failure;
      if (stream === process.stdout)
        process.stderr.write(`fin: the output could not be written: ${error.message}\n`);
    });
  }
  return { stdout: process.stdout, stderr: process.stderr };
}
