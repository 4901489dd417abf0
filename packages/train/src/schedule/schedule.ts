/**
 * Factor on the learning rate of update number `step`, counted from 0. As in transformers, the first update of a schedule with
 * warmup has the factor 0.
 */
export type Schedule = (step: number) => number;

/** Shape of a schedule. */
export interface ScheduleOptions {
  /** Updates over which the factor rises linearly from 0 to 1. @default 0 */
  readonly warmupSteps?: number;
  /** Updates of the whole run, warmup included. */
  readonly totalSteps: number;
}

/** @returns the factor while warming up, or null once that is over */
export function warmupFactor(step: number, warmupSteps: number): number | null {
  return step < warmupSteps ? step / Math.max(1, warmupSteps) : null;
}

/** How far a step is between the end of the warmup (0) and the end of the run (1). */
export function progress(step: number, { warmupSteps = 0, totalSteps }: ScheduleOptions): number {
  return (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
}
