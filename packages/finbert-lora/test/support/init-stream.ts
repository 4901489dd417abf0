import type { RandomStream } from '@fin/runtime';
import { randomStreams } from '@fin/runtime';

/** Where tests draw fresh weights from. */
export function initStream(seed = 3): RandomStream {
  return randomStreams(seed).stream('init');
}
