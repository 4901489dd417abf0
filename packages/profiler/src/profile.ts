import { elementBytes, hasNativeOps, installInterceptor } from '@fin/runtime';
import { ProfilerError } from './errors.js';
import { matmulFlops } from './matmul-flops.js';
import type { ProfilerEvent } from './profiler-event.js';
import { Recorder } from './recorder.js';
import { recording } from './recording.js';

/** What {@link profile} returns. */
export interface Profile<T> {
  /** What the function returned. */
  readonly result: T;
  /** In the order in which they ended. */
  readonly events: readonly ProfilerEvent[];
  /** From the first to the last moment, µs. */
  readonly duration: number;
}

/**
 * Runs a function and times every TensorFlow op in it, forward and backward, through the dispatch chain. On the CPU an op has
 * done its work when its call returns, so these are its real times; the chain adds less than a microsecond to each.
 *
 * One profile at a time: what else runs meanwhile in this process is in it, too.
 *
 * @param fn may be async
 * @throws {ProfilerError} off the native backend, whose ops alone pass through the chain, and inside another profile
 * @example
 * const { events } = await profile(() => train(batch));
 * console.log(formatTable(keyAverages(events)));
 */
export async function profile<T>(fn: () => T | Promise<T>): Promise<Profile<T>> {
  if (!hasNativeOps()) {
    throw new ProfilerError(
      'ops can be profiled on native TensorFlow only: install it with `npx fin-runtime install`.',
    );
  }
  if (recording.current)
    throw new ProfilerError('a profile is being taken already: end it before the next one.');
  const recorder = new Recorder();
  recording.current = recorder;
  const interceptor = installInterceptor('profiler', (call, next) => {
    recorder.begin();
    let outputBytes = 0;
    try {
      const outputs = next(call);
      for (const { dtype, shape } of outputs) {
        outputBytes += shape.reduce((product, length) => product * length, 1) * (elementBytes(dtype) ?? 0);
      }
      return outputs;
    } finally {
      const shapes = call.inputs.map(({ shape }) => shape);
      recorder.end({ name: call.op, kind: 'op', shapes, outputBytes, flops: matmulFlops(call) });
    }
  });
  const started = performance.now();
  try {
    const result = await fn();
    return { result, events: recorder.events, duration: 1000 * (performance.now() - started) };
  } finally {
    interceptor.remove();
    recording.current = null;
  }
}
