import type { Schedule, ScheduleOptions } from './schedule.js';
import { warmupFactor } from './schedule.js';

/** Warmup, then always 1: transformers' `get_constant_schedule_with_warmup`. */
export function constantSchedule({ warmupSteps = 0 }: Partial<ScheduleOptions> = {}): Schedule {
  return (step) => warmupFactor(step, warmupSteps) ?? 1;
}
