import type { OpCall } from '@fin/runtime';
import { elementBytes, hasNativeOps, installInterceptor } from '@fin/runtime';
import type { ProfilerEvent } from './recorder.js';
import { Recorder } from './recorder.js';

/** Profiling is not possible: the backend is not native TensorFlow, or another profile is running. */
export class ProfilerError extends Error {
  override readonly name = 'ProfilerError';
  readonly kind = 'environment';
}

/** Recorder of the running profile, or null. */
let current: Recorder | null = null;

/** Result of {@link profile}. */
export interface Profile<T> {
  /** Result of the function. */
  readonly result: T;
  /** Events in the order they ended. */
  readonly events: readonly ProfilerEvent[];
  /** Duration of the whole profile, µs. */
  readonly duration: number;
}

/**
 * Runs a function and times every TensorFlow op in it, forward and backward. On a CPU an op is finished when its call returns, so
 * these are true times; profiling adds less than a microsecond to each op.
 *
 * Only one profile can run at a time. It includes everything else that this process computes during that time.
 *
 * @param fn may be async
 * @throws {ProfilerError} on backends other than native TensorFlow, and inside another profile
 * @example
 * const { events } = await profile(() => train(batch));
 * console.log(formatTable(keyAverages(events)));
 */
export async function profile<T>(fn: () => T | Promise<T>): Promise<Profile<T>> {
  if (!hasNativeOps()) {
    throw new ProfilerError(
      'ops can be profiled on native TensorFlow only. Install it with `fin install` (with @fin/cli) ' +
        'or `npx --package @fin/runtime fin-runtime install`.',
    );
  }
  if (current) throw new ProfilerError('a profile is running already: end it before the next one.');
  const recorder = new Recorder();
  current = recorder;
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
      recorder.end({ name: call.op, kind: 'op', shapes, outputBytes, flops: flopsOf(call) });
    }
  });
  const started = performance.now();
  try {
    const result = await fn();
    return { result, events: recorder.events, duration: 1000 * (performance.now() - started) };
  } finally {
    interceptor.remove();
    current = null;
  }
}

/**
 * Runs a function and records it as a named range: torch.profiler's `record_function`. Outside a profile it only runs the function.
 *
 * @param fn synchronous, so that no other code runs within the range
 */
export function recordFunction<T>(name: string, fn: () => T): T {
  const recorder = current;
  if (!recorder) return fn();
  recorder.begin();
  try {
    return fn();
  } finally {
    recorder.end({ name, kind: 'range', shapes: [], outputBytes: 0, flops: null });
  }
}

/** Floating-point operations of a call's matrix products, or null if it has none. */
function flopsOf(call: OpCall): number | null {
  return call.op === 'FinEncoder' ? encoderFlops(call) : matmulFlops(call);
}

/**
 * Floating-point operations of the linear layers of an encoder: 2 · tokens · elements of all weights. Its attention, a few percent for
 * short sequences, does not follow from the shapes.
 */
function encoderFlops({ attrs, inputs }: OpCall): number {
  const weights = attrs.find(({ name }) => name === 'N')?.value as number;
  const elements = inputs.slice(2, 2 + weights).reduce((sum, { shape }) => sum + size(shape), 0);
  return 2 * inputs[0].shape[0] * elements;
}

/** Ops that compute matrix products. */
const products = new Set(['MatMul', 'BatchMatMul', 'BatchMatMulV2']);

/**
 * Floating-point operations of a matrix product, or null for another op: 2 · batch · m · k · n, as torch.profiler counts them. Reads the
 * inner size k from the first operand, transposed or not.
 */
function matmulFlops({ op, attrs, inputs }: OpCall): number | null {
  if (!products.has(op) || inputs.length < 2) return null;
  const transposed = (name: string) => attrs.some((attr) => attr.name === name && attr.value === true);
  const [a, b] = inputs.map(({ shape }) => shape);
  const [rows, inner] =
    transposed('transpose_a') || transposed('adj_x') ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!];
  const columns = transposed('transpose_b') || transposed('adj_y') ? b.at(-2)! : b.at(-1)!;
  const batch = Math.max(size(a.slice(0, -2)), size(b.slice(0, -2)));
  return 2 * batch * rows * inner * columns;
}

const size = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);
