import type { NativeDType, Next, OpCall, TensorHandle } from '@fin/runtime';
import { releaseHandle } from '@fin/runtime';
import * as tf from '@tensorflow/tfjs-core';
import { isCastable, isLow } from '../policy/low-dtype.js';
import type { WideningReason } from '../report/widening-report.js';
import { countWidening } from '../report/widening-report.js';
import { castHandle } from './cast-handle.js';
import { withFloatDType } from './float-attrs.js';
import type { CallPlan } from './plan-call.js';
import type { Step } from './step.js';

/** Op and dtype for which TensorFlow turned out to have no kernel. */
const withoutKernel = new Set<string>();

/** Calls that named a low dtype and turned out to need their inputs cast to it, by op and dtypes. */
const notAsTheyAre = new Set<string>();

/**
 * Makes a call as planned. Whether TensorFlow has a low kernel of an op is found out by trying, once for each op and dtype, since
 * it depends on version and device; a call that fails in float32 too was wrong to begin with, and fails with that error.
 */
export function runCall(call: OpCall, plan: CallPlan, step: Step, next: Next): TensorHandle[] {
  if (plan.reason !== null) return runIn('float32', call, step, next, plan.reason);
  const form = plan.named ? `${call.op} ${call.inputs.map(({ dtype }) => dtype)}` : null;
  const asItIs = form !== null && !notAsTheyAre.has(form) ? attempt(() => next(call)) : null;
  if (asItIs) return asItIs;
  const key = `${call.op} ${plan.dtype}`;
  if (withoutKernel.has(key)) return runIn('float32', call, step, next, 'no low kernel');
  const low = attempt(() => runIn(plan.dtype, call, step, next, null));
  if (low) {
    if (form !== null) notAsTheyAre.add(form);
    return low;
  }
  const wide = runIn('float32', call, step, next, 'no low kernel');
  withoutKernel.add(key);
  return wide;
}

function attempt(run: () => TensorHandle[]): TensorHandle[] | null {
  try {
    return run();
  } catch {
    return null;
  }
}

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

function count(op: string, reason: WideningReason, cast: readonly TensorHandle[]): void {
  const widened = cast.filter(({ dtype }) => isLow(dtype));
  const elements = widened.reduce((sum, { shape }) => sum + tf.util.sizeFromShape([...shape]), 0);
  countWidening(op, reason, widened.length, elements);
}
