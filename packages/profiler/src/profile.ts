import type { Interceptor, Observer, OpCall } from '@fin/runtime';
import { beginRange, hasNativeOps, installInterceptor, installObserver } from '@fin/runtime';
import { computeDType, flopsOf } from './flops.js';
import type { MemorySample } from './memory-timeline.js';
import { byteSize, MemoryTimeline } from './memory-timeline.js';
import type { OpFacts, ProfilerEvent } from './recorder.js';
import { Recorder } from './recorder.js';

/** Profiling is not possible: the backend is not native TensorFlow, or another profile is running. */
export class ProfilerError extends Error {
  override readonly name = 'ProfilerError';
  readonly kind = 'environment';
}

/** Settings of {@link profile} and `startProfiler`. */
export interface ProfileOptions {
  /** Whether to follow the bytes of native tensors (torch.profiler's `profile_memory`). @default false */
  readonly profileMemory?: boolean;
}

/** Events of a profile. */
export interface Profile {
  /** Events in the order they ended. */
  readonly events: readonly ProfilerEvent[];
  /** Duration of the whole profile, µs. */
  readonly duration: number;
  /** Time in ops, µs. */
  readonly opTime: number;
  /** Time outside ops, µs: JavaScript between them, and waiting. */
  readonly javascriptTime: number;
  /** Bytes of native tensors after each change; empty without `profileMemory`. */
  readonly memory: readonly MemorySample[];
}

let running = false;

/** @throws {ProfilerError} on backends other than native TensorFlow, whose ops cannot be profiled */
export function requireProfilable(): void {
  if (hasNativeOps()) return;
  throw new ProfilerError(
    'ops can be profiled on native TensorFlow only. Install it with `fin install` (with @fin/cli) ' +
      'or `npx --package @fin/runtime fin-runtime install`.',
  );
}

/** Records from its creation to {@link stop}. */
export class Recording {
  readonly #recorder = new Recorder();
  /** Null if memory is not followed. */
  readonly timeline: MemoryTimeline | null;
  readonly #installed: readonly { remove(): void }[];
  #stopped = false;

  /**
   * @param earlier the recording that ended just now, which knows what some tensors are for; null if there is none
   * @throws {ProfilerError} on backends other than native TensorFlow, and while another profile is running
   */
  constructor({ profileMemory = false }: ProfileOptions = {}, earlier: Recording | null = null) {
    requireProfilable();
    if (running) throw new ProfilerError('a profile is running already: end it before the next one.');
    running = true;
    const recorder = this.#recorder;
    const timeline = profileMemory ? new MemoryTimeline(earlier?.timeline ?? null) : null;
    this.timeline = timeline;
    const observer: Observer = {
      beginRange: (name) => {
        if (name === 'optimizer') timeline?.findWeights(recorder.now);
        recorder.beginRange(name);
      },
      endRange: () => {
        if (recorder.ranges.at(-1) === 'optimizer') timeline?.findWeights(recorder.now);
        recorder.endRange();
      },
      created: (handle, origin) => timeline?.created(handle, origin, recorder.now, recorder.ranges),
      released: (id) => timeline?.released(id, recorder.now),
    };
    const record: Interceptor = (call, next) => {
      const facts = factsOf(call);
      if (recorder.ranges.at(-1) === 'optimizer') timeline?.readByOptimizer(call.inputs);
      recorder.beginOp();
      let outputBytes = 0;
      try {
        const outputs = next(call);
        for (const output of outputs) outputBytes += byteSize(output);
        return outputs;
      } finally {
        recorder.endOp({ ...facts, outputBytes });
      }
    };
    const interceptor = installInterceptor('profiler', record, { innermost: true });
    this.#installed = [interceptor, installObserver(observer)];
  }

  /** Ends the recording. Calling it again returns the same events, with a longer duration. */
  stop(): Profile {
    const { events, opTime, now: duration } = this.#recorder;
    if (!this.#stopped) {
      for (const part of this.#installed) part.remove();
      this.#stopped = true;
      running = false;
    }
    const memory = this.timeline?.samples ?? [];
    return { events, duration, opTime, javascriptTime: Math.max(0, duration - opTime), memory };
  }
}

function factsOf(call: OpCall): Omit<OpFacts, 'outputBytes'> {
  const flops = flopsOf(call);
  const shapes = call.inputs.map(({ shape }) => shape);
  return { name: call.op, shapes, flops, dtype: flops === null ? null : computeDType(call) };
}

/**
 * Runs a function and times every TensorFlow op in it, forward and backward. On a CPU an op is finished when its call returns, so
 * these are true times. `bench/overhead.mjs` measures what profiling adds.
 *
 * Only one profile can run at a time. It includes everything else that this process computes during that time.
 *
 * @param fn may be async
 * @throws {ProfilerError} on backends other than native TensorFlow, and inside another profile
 * @example
 * const { events } = await profile(() => train(batch));
 * console.log(formatTable(keyAverages(events)));
 */
export async function profile<T>(
  fn: () => T | Promise<T>,
  options: ProfileOptions = {},
): Promise<Profile & { readonly result: T }> {
  const recording = new Recording(options);
  try {
    const result = await fn();
    return { result, ...recording.stop() };
  } finally {
    recording.stop();
  }
}

/**
 * Runs a function and records it as a named range: torch.profiler's `record_function`. Outside a profile it only runs the function.
 *
 * @param fn synchronous, so that no other code runs within the range
 */
export function recordFunction<T>(name: string, fn: () => T): T {
  const end = beginRange(name);
  try {
    return fn();
  } finally {
    end();
  }
}
