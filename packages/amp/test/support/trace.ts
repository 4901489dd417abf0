import type { NativeDType } from '@fin/runtime';
import { installInterceptor } from '@fin/runtime';

/** One op call as TensorFlow got it. */
export interface TracedOp {
  readonly op: string;
  /** Dtypes of the inputs. */
  readonly inputs: readonly NativeDType[];
  readonly outputs: readonly NativeDType[];
}

/** The ops that `fn` runs on native TensorFlow, with everything that autocast makes of them. Not to be used inside a scope. */
export function traceOps(fn: () => unknown): TracedOp[] {
  const ops: TracedOp[] = [];
  const installation = installInterceptor('trace', (call, next) => {
    const outputs = next(call);
    ops.push({
      op: call.op,
      inputs: call.inputs.map(({ dtype }) => dtype),
      outputs: outputs.map(({ dtype }) => dtype),
    });
    return outputs;
  });
  try {
    fn();
  } finally {
    installation.remove();
  }
  return ops;
}

/** The calls of one op, as text such as `float32 bfloat16`. */
export function inputsOf(ops: readonly TracedOp[], op: string): string[] {
  return ops.filter((one) => one.op === op).map(({ inputs }) => inputs.join(' '));
}

/** In which dtype each call of an op gave its result. */
export function outputsOf(ops: readonly TracedOp[], op: string): string[] {
  return ops.filter((one) => one.op === op).map(({ outputs }) => outputs.join(' '));
}
