import { readFileSync } from 'node:fs';
import process from 'node:process';

/** Bytes of a kB in Node's and Linux's accounts. */
const KB = 1024;

/**
 * Peak resident memory of this process so far, bytes. On Linux from `VmHWM` in `/proc/self/status`: `maxRSS` there begins with that of
 * the process that started this one.
 */
export function peakResidentBytes(): number {
  try {
    const peak = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (peak) return Number(peak[1]) * KB;
  } catch {
    // not Linux
  }
  return process.resourceUsage().maxRSS * KB;
}
