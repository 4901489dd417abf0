import type { OpCall, TensorHandle } from '@fin/runtime';
import type { LowDType } from '../policy/low-dtype.js';
import { isCastable, isLow } from '../policy/low-dtype.js';
import { MOVER_OPS } from '../policy/mover-ops.js';
import type { Policy } from '../policy/policy.js';
import type { WideningReason } from '../report/widening-report.js';
import { namedLowDType } from './float-attrs.js';

/** In which dtype a call is to be made, and why if that is float32. */
export type CallPlan =
  | {
      readonly dtype: LowDType;
      readonly reason: null;
      /** The call names that dtype itself: its inputs may be just what it wants, statistics in float32 included. */
      readonly named: boolean;
    }
  | { readonly dtype: 'float32'; readonly reason: WideningReason };

/** Ops that add a bias to a linear layer's result. In torch that is part of the linear op, here an op of its own. */
const BIAS_OPS: ReadonlySet<string> = new Set(['Add', 'AddV2', 'BiasAdd']);

/**
 * Decides for one call; null lets it through as it is.
 *
 * A dtype that the call names itself (a raw op with `T: bfloat16`) opts out of the lists as an explicit `dtype=` does in torch,
 * except on the float32 list, where some kernels are wrong in low dtypes, and except in `wide` mode, where nothing computes low.
 */
export function planCall(call: OpCall, policy: Policy, mode: 'low' | 'wide'): CallPlan | null {
  if (call.op === 'Cast') return null;
  const floats = call.inputs.filter(({ dtype }) => isCastable(dtype));
  if (floats.length === 0 || call.inputs.some(({ dtype }) => dtype === 'float64')) return null;
  const anyLow = floats.some(({ dtype }) => isLow(dtype));
  if (MOVER_OPS.has(call.op) && floats.every(({ dtype }) => dtype === floats[0].dtype)) return null;
  if (mode === 'wide') return anyLow ? wide('wide mode') : null;
  const list = policy.listOf(call.op);
  if (list === 'float32') return anyLow ? wide('float32 list') : null;
  const named = namedLowDType(call.attrs);
  if (named) return { dtype: named, reason: null, named: true };
  if (list === 'lower') return low(policy.dtype);
  return anyLow ? promoted(call.op, floats) : null;
}

/** The widest dtype; scalars and biases give way. */
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
