import process from 'node:process';
import type { ProfilerEvent } from './recorder.js';

/**
 * Formats events as a trace for `chrome://tracing` and Perfetto (Trace Event Format, complete events, µs).
 *
 * @returns JSON text
 */
export function chromeTrace(events: readonly ProfilerEvent[]): string {
  const traceEvents = [...events]
    .sort((a, b) => a.start - b.start || b.duration - a.duration)
    .map(({ name, kind, start, duration, shapes, outputBytes }) => ({
      name,
      cat: kind === 'op' ? 'cpu_op' : 'user_annotation',
      ph: 'X',
      ts: start,
      dur: duration,
      pid: process.pid,
      tid: 0,
      args: kind === 'op' ? { 'Input Dims': shapes, 'Output Bytes': outputBytes } : {},
    }));
  return JSON.stringify({ displayTimeUnit: 'ms', traceEvents });
}
