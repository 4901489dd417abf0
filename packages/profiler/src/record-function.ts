import { recording } from './recording.js';

/**
 * Names a stretch of work in the profile, as torch.profiler's `record_function`. Outside a profile it only calls the function.
 *
 * @param fn synchronous, so that nothing else can fall into the range
 */
export function recordFunction<T>(name: string, fn: () => T): T {
  const recorder = recording.current;
  if (!recorder) return fn();
  recorder.begin();
  try {
    return fn();
  } finally {
    recorder.end({ name, kind: 'range', shapes: [], outputBytes: 0, flops: null });
  }
}
