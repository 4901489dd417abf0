import type { Io } from './io.js';

/** The one thing a command writes to stdout: the value as JSON, or its text for people. */
export function printResult<T>(io: Io, json: boolean, value: T, text: (value: T) => string): void {
  io.stdout.write(`${json ? JSON.stringify(value, null, 2) : text(value)}\n`);
}
