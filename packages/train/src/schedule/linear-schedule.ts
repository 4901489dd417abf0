import type { Schedule, ScheduleOptions } from './schedule.js';
import { warmupFactor } from './schedule.js';

/** Warmup, then a straight line to 0 at the end: transformers' `get_linear_schedule_with_warmup`. */
export function linearSchedule({ warmupSteps = 0, totalSteps }: ScheduleOptions): Schedule {
  return (step) =>
    warmupFactor(step, warmupSteps) ??
    Math.max(0, (totalSteps - step) / Math.max(1, totalSteps - warmupSteps));
}
