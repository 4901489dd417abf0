import type { Profile, ProfileOptions } from './profile.js';
import { Recording } from './profile.js';

/** Action of a profiler in one step. Only the events of `record` are kept; `save` is the last step of a cycle. */
export type ProfilerAction = 'none' | 'warmup' | 'record' | 'save';

/** Settings of {@link schedule}, in steps. */
export interface ScheduleOptions {
  /** Steps to skip once, before the first cycle. @default 0 */
  readonly skipFirst?: number;
  /** Steps of each cycle that are not profiled. */
  readonly wait: number;
  /** Steps of each cycle that are profiled, but thrown away. */
  readonly warmup: number;
  /** Steps of each cycle that are recorded. */
  readonly active: number;
  /** Number of cycles; 0 for no limit. @default 0 */
  readonly repeat?: number;
}

/** Action of each step, as torch.profiler's `schedule`: skipFirst, then cycles of wait, warmup and active. */
export function schedule(options: ScheduleOptions): (step: number) => ProfilerAction {
  const { skipFirst = 0, wait, warmup, active, repeat = 0 } = options;
  for (const [name, value] of Object.entries({ skipFirst, wait, warmup, active, repeat })) {
    if (!Number.isInteger(value) || value < 0 || (name === 'active' && value === 0)) {
      throw new RangeError(
        `schedule: ${name} is ${value}; it must be a whole number of at least ${name === 'active' ? 1 : 0}`,
      );
    }
  }
  const cycle = wait + warmup + active;
  return (step) => {
    if (step < skipFirst) return 'none';
    const place = step - skipFirst;
    if (repeat > 0 && place >= repeat * cycle) return 'none';
    const within = place % cycle;
    if (within < wait) return 'none';
    if (within < wait + warmup) return 'warmup';
    return within < cycle - 1 ? 'record' : 'save';
  };
}

/** Settings of {@link startProfiler}. */
export interface ProfilerOptions extends ProfileOptions {
  /** Action of each step, the result of {@link schedule}. @default records every step, until `stop` */
  readonly schedule?: (step: number) => ProfilerAction;
  /** Called with the profile of each cycle. */
  readonly onTraceReady: (profile: Profile) => void;
}

/** A profiler that follows the steps of a training loop. */
export interface StepProfiler {
  /** Call after each step. */
  step(): void;
  /** Ends profiling. A cycle that has recorded steps is handed over as it is. */
  stop(): void;
}

/**
 * Profiles by a schedule while a loop runs. Steps without an action cost nothing.
 *
 * @throws {ProfilerError} as `profile`, at the first step that profiles
 * @example
 * const profiler = startProfiler({ schedule: schedule({ wait: 1, warmup: 1, active: 3, repeat: 1 }), onTraceReady });
 * for (const batch of batches) {
 *   update(batch);
 *   profiler.step();
 * }
 * profiler.stop();
 */
export function startProfiler({
  schedule: actionOf = () => 'record',
  onTraceReady,
  ...options
}: ProfilerOptions): StepProfiler {
  let step = 0;
  let recording: Recording | null = null;
  let keeps = false; // whether the recording holds steps to keep
  const enter = (action: ProfilerAction) => {
    const kept = action === 'record' || action === 'save';
    const warmup = kept && !keeps ? recording : null;
    if (recording && (warmup || action === 'none')) {
      recording.stop(); // drops the warmup
      recording = null;
    }
    if (action !== 'none') recording ??= new Recording(options, warmup);
    keeps = kept;
  };
  const save = () => {
    const profile = recording?.stop();
    recording = null;
    if (profile && keeps) onTraceReady(profile);
    keeps = false;
  };
  enter(actionOf(0));
  return {
    step() {
      if (actionOf(step) === 'save') save();
      step++;
      enter(actionOf(step));
    },
    stop: save,
  };
}
