import type { Precision } from '@fin/amp';
import type { Io } from './io/io.js';

/** Tells what this machine makes of a low precision. TensorFlow has to be loaded. */
export async function notePrecision(precision: Precision, io: Io): Promise<void> {
  if (precision === 'fp32') return;
  const { describePrecision } = await import('@fin/forecast');
  io.stderr.write(`precision ${precision}: ${describePrecision(precision).summary}\n`);
}
