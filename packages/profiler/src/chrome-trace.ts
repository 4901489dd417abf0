import process from 'node:process';
import { fusedWork } from './fused-ops.js';
import { memoryCategories, peakMemory, thinned } from './memory-timeline.js';
import type { Profile } from './profile.js';

/** Most memory samples in a trace; more are thinned out evenly, with the peak kept. */
const MEMORY_SAMPLES = 20_000;

/**
 * Formats a profile as a trace for `chrome://tracing` and Perfetto (Trace Event Format, µs): complete events for ops and ranges,
 * and a counter of native memory by category if it was profiled.
 *
 * @returns JSON text
 */
export function chromeTrace({ events, memory }: Pick<Profile, 'events' | 'memory'>): string {
  const complete = [...events]
    .sort((a, b) => a.start - b.start || b.duration - a.duration)
    .map(({ name, kind, start, duration, shapes, outputBytes, flops, dtype }) => ({
      name,
      cat: kind === 'op' ? 'cpu_op' : 'user_annotation',
      ph: 'X',
      ts: start,
      dur: duration,
      pid: process.pid,
      tid: 0,
      args:
        kind === 'op'
          ? {
              'Input Dims': shapes,
              'Output Bytes': outputBytes,
              ...(flops !== null && { FLOPs: flops, 'Computed in': dtype }),
              ...(fusedWork(name) !== null && { Fuses: fusedWork(name) }),
            }
          : {},
    }));
  const counters = thinned(memory, peakMemory(memory), MEMORY_SAMPLES).map(({ time, bytes }) => ({
    name: 'native memory, MB',
    ph: 'C',
    ts: time,
    pid: process.pid,
    args: Object.fromEntries(memoryCategories.map((category) => [category, bytes[category] / 1024 ** 2])),
  }));
  return JSON.stringify({ displayTimeUnit: 'ms', traceEvents: [...complete, ...counters] });
}
