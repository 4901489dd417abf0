import type { Schedule, ScheduleOptions } from './schedule.js';
import { progress, warmupFactor } from './schedule.js';

/** Warmup, then half a cosine wave to 0 at the end: transformers' `get_cosine_schedule_with_warmup`. */
export function cosineSchedule(options: ScheduleOptions): Schedule {
  return (step) =>
    warmupFactor(step, options.warmupSteps ?? 0) ??
    Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress(step, options))));
}
