import type { PrecisionRecord } from '@fin/forecast';
import type { Io } from './io/io.js';

/** Tells what this machine makes of a low precision. */
export function notePrecision({ asked, summary }: PrecisionRecord, io: Io): void {
  if (asked !== 'fp32') io.stderr.write(`precision ${asked}: ${summary}\n`);
}
