import { requireInRange, wholeNumber } from './ranges.js';

/**
 * Factor on the learning rate by update number, counted from 0. As in transformers, the first update of a schedule with warmup has the
 * factor 0.
 */
export type Schedule = (step: number) => number;

/** Settings of a schedule. */
export interface ScheduleOptions {
  /** Updates during which the factor rises linearly from 0 to 1. @default 0 */
  readonly warmupSteps?: number;
  /** Updates of the whole run, warmup included. */
  readonly totalSteps: number;
}

/** Warmup, then constant 1: transformers' `get_constant_schedule_with_warmup`. */
export function constantSchedule({ warmupSteps = 0 }: Partial<ScheduleOptions> = {}): Schedule {
  checkSteps({ warmupSteps });
  return (step) => warmupFactor(step, warmupSteps) ?? 1;
}

/** Warmup, then linear decay to 0: transformers' `get_linear_schedule_with_warmup`. */
export function linearSchedule({ warmupSteps = 0, totalSteps }: ScheduleOptions): Schedule {
  checkSteps({ warmupSteps, totalSteps });
  return (step) =>
    warmupFactor(step, warmupSteps) ??
    Math.max(0, (totalSteps - step) / Math.max(1, totalSteps - warmupSteps));
}

/** Warmup, then half a cosine wave down to 0: transformers' `get_cosine_schedule_with_warmup`. */
export function cosineSchedule({ warmupSteps = 0, totalSteps }: ScheduleOptions): Schedule {
  checkSteps({ warmupSteps, totalSteps });
  return (step) => {
    const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
    return warmupFactor(step, warmupSteps) ?? Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
  };
}

/** The factor during warmup; null afterwards. */
function warmupFactor(step: number, warmupSteps: number): number | null {
  return step < warmupSteps ? step / Math.max(1, warmupSteps) : null;
}

function checkSteps(steps: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(steps)) {
    requireInRange(name, value, wholeNumber(0, Number.MAX_SAFE_INTEGER));
  }
}
