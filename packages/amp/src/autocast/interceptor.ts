import type { Interceptor, NativeDType, Next, OpCall, TensorHandle } from '@fin/runtime';
import {
  attr,
  attrList,
  castAttrs,
  DATA_MOVER_OPS,
  isInputDTypeError,
  isMissingKernelError,
  releaseHandle,
} from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { currentScope } from '../core/current-scope.js';
import { recordingTape } from '../core/engine.js';
import type { LowDType } from '../core/low-dtype.js';
import { isCastable, isLow, namedLowDType, withFloatDType } from '../core/low-dtype.js';
import { CONVERTING_OPS, SAVED_DTYPE_OPS } from '../core/op-lists.js';
import type { Policy } from '../core/policy.js';
import type { Step } from '../core/step.js';
import { adoptNodes } from '../tape/tape.js';
import type { WideningReason } from './widening-report.js';
import { countWidening } from './widening-report.js';

/** Autocast in the dispatch chain: runs each op call in the dtype that the policy of the calling code's scope says. */
export const autocastInterceptor: Interceptor = (call, next) => {
  const scope = currentScope();
  if (!scope) return next(call);
  const tape = recordingTape();
  if (tape) adoptNodes(tape, scope);
  if (!scope.policy.enabled || scope.mode === 'emulated') return next(call);
  if (SAVED_DTYPE_OPS.has(call.op)) return next(call);
  if (CONVERTING_OPS.has(call.op)) return runConverting(call, scope.policy, scope.mode, next);
  const plan = planCall(call, scope.policy, scope.mode);
  return plan ? runCall(call, plan, scope.step, next) : next(call);
};

/** The dtype to run a call in, with the reason if that is float32. */
type CallPlan =
  | {
      readonly dtype: LowDType;
      readonly reason: null;
      /** The call itself names the dtype; its inputs may already be right, float32 statistics included. */
      readonly named: boolean;
    }
  | { readonly dtype: 'float32'; readonly reason: WideningReason };

/** Ops that add the bias of a linear layer. In torch the addition is part of the linear op. */
const BIAS_OPS: ReadonlySet<string> = new Set(['Add', 'AddV2', 'BiasAdd']);

/**
 * Decides the dtype of a call; null runs it unchanged.
 *
 * A call that names a low dtype itself (a raw op with `T: bfloat16`) bypasses the lists, like an explicit `dtype=` in torch. Exceptions: the
 * float32 list, since some low kernels there are inaccurate, and mode `wide`, where nothing computes low.
 */
function planCall(call: OpCall, policy: Policy, mode: 'low' | 'wide'): CallPlan | null {
  if (call.op === 'Cast') return null;
  const floats = call.inputs.filter(({ dtype }) => isCastable(dtype));
  if (floats.length === 0 || call.inputs.some(({ dtype }) => dtype === 'float64')) return null;
  const anyLow = floats.some(({ dtype }) => isLow(dtype));
  if (DATA_MOVER_OPS.has(call.op) && floats.every(({ dtype }) => dtype === floats[0].dtype)) return null;
  if (mode === 'wide') return anyLow ? wide('wide mode') : null;
  const list = policy.listOf(call.op);
  if (list === 'float32') return anyLow ? wide('float32 list') : null;
  const named = namedLowDType(call.attrs);
  if (named) return { dtype: named, reason: null, named: true };
  if (list === 'lower') return low(policy.dtype);
  return anyLow ? promoted(call.op, floats) : null;
}

/** The widest dtype of the inputs; scalars and biases do not count. */
function promoted(op: string, floats: readonly TensorHandle[]): CallPlan {
  const most = Math.max(...floats.map(({ shape }) => shape.length));
  const decisive = BIAS_OPS.has(op) && most >= 2 ? 2 : Math.min(most, 1);
  const dtypes = new Set(floats.filter(({ shape }) => shape.length >= decisive).map(({ dtype }) => dtype));
  const [only] = dtypes;
  return dtypes.size === 1 && isLow(only) ? low(only) : wide('mixed inputs');
}

function low(dtype: LowDType): CallPlan {
  return { dtype, reason: null, named: false };
}

function wide(reason: WideningReason): CallPlan {
  return { dtype: 'float32', reason };
}

/** Runs an op that converts its inputs by itself, in the low dtype if that computes low and the op has it. */
function runConverting(call: OpCall, policy: Policy, mode: 'low' | 'wide', next: Next): TensorHandle[] {
  const run = (dtype: NativeDType) => {
    const { value } = attr.type(dtype);
    const attrs = call.attrs.map((one) => (one.name === 'T' ? { ...one, value } : one));
    return next({ ...call, attrs });
  };
  if (mode === 'wide' || policy.listOf(call.op) !== 'lower') return run('float32');
  const key = `${call.op} ${policy.dtype}`;
  const low = withoutKernel.has(key) ? null : unlessRefused(() => run(policy.dtype));
  if (low) return low;
  withoutKernel.add(key);
  const wide = run('float32');
  count(call.op, 'no low kernel', []);
  return wide;
}

/** Ops and dtypes without a TensorFlow kernel. */
const withoutKernel = new Set<string>();

/** Calls, by op and input dtypes, that name a low dtype and need their inputs cast to it. */
const needsCast = new Set<string>();

/**
 * Runs a call as planned. Whether TensorFlow has a low kernel depends on version and device, so it is tried once per op and dtype. Only
 * TensorFlow's own refusals count; any other error, such as out of memory, is the caller's and changes nothing for later calls.
 */
function runCall(call: OpCall, plan: CallPlan, step: Step, next: Next): TensorHandle[] {
  if (plan.reason !== null) return runIn('float32', call, step, next, plan.reason);
  if (plan.named) {
    const form = `${call.op} ${call.inputs.map(({ dtype }) => dtype)}`;
    if (!needsCast.has(form)) {
      const outputs = unlessRefused(() => next(call));
      if (outputs) return outputs;
      needsCast.add(form);
    }
  }
  const key = `${call.op} ${plan.dtype}`;
  if (withoutKernel.has(key)) return runIn('float32', call, step, next, 'no low kernel');
  const low = unlessRefused(() => runIn(plan.dtype, call, step, next, null));
  if (low) return low;
  const wide = runIn('float32', call, step, next, 'no low kernel');
  withoutKernel.add(key);
  return wide;
}

/** Runs a call; null if TensorFlow has no kernel for its dtypes. */
function unlessRefused(run: () => TensorHandle[]): TensorHandle[] | null {
  try {
    return run();
  } catch (error) {
    if (isMissingKernelError(error) || isInputDTypeError(error)) return null;
    throw error;
  }
}

/** Runs a call in a dtype, casting inputs of other floating dtypes. */
function runIn(
  dtype: NativeDType,
  call: OpCall,
  step: Step,
  next: Next,
  reason: WideningReason | null,
): TensorHandle[] {
  const made = new Map<TensorHandle, TensorHandle>();
  const inDType = (input: TensorHandle): TensorHandle => {
    if (!isCastable(input.dtype) || input.dtype === dtype) return input;
    const present = made.get(input) ?? step.find(input.id, dtype);
    if (present) return present;
    const copy = castHandle(next, input, dtype);
    made.set(input, copy);
    return copy;
  };
  try {
    const inputs = call.inputs.map(inDType);
    const outputs = next({ ...call, inputs, attrs: withFloatDType(call.attrs, dtype) });
    if (reason !== null) count(call.op, reason, [...made.keys()]);
    for (const [source, copy] of made) step.take(source, copy);
    made.clear();
    return outputs;
  } finally {
    for (const copy of made.values()) releaseHandle(copy);
  }
}

/** Casts a handle; the caller owns the copy. */
function castHandle(next: Next, input: TensorHandle, dtype: NativeDType): TensorHandle {
  const attrs = attrList(castAttrs(input.dtype, dtype));
  return next({ op: 'Cast', attrs, inputs: [input], nOutputs: 1 })[0];
}

function count(op: string, reason: WideningReason, cast: readonly TensorHandle[]): void {
  const widened = cast.filter(({ dtype }) => isLow(dtype));
  const elements = widened.reduce((sum, { shape }) => sum + tf.util.sizeFromShape([...shape]), 0);
  countWidening(op, reason, widened.length, elements);
}
