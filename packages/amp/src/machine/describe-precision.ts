import { int8Unit } from '@fin/kernels';
import { hasNativeOps } from '@fin/runtime';
import type { InferencePrecision } from '../core/policy.js';
import { precisionPolicy } from '../core/policy.js';
import type { AmpDecision } from './decide-amp-mode.js';
import { decideAmpMode, formatAmpDecision } from './decide-amp-mode.js';

/** The precision of a run, for its record. */
export interface PrecisionRecord {
  /** The requested precision. */
  readonly asked: InferencePrecision;
  /**
   * The mode on this machine and how it was chosen; of int8 that of the ops between the products, bf16. Null for fp32, and for int8 without native
   * TensorFlow, where these are float32.
   */
  readonly decision: AmpDecision | null;
  /** The decision in words. */
  readonly summary: string;
}

/** Describes how this machine and backend compute in a precision. TensorFlow must be loaded; the first call may time two matrix products. */
export function describePrecision(asked: InferencePrecision): PrecisionRecord {
  if (asked === 'int8') return describeInt8();
  const policy = precisionPolicy(asked);
  if (!policy.enabled) return { asked, decision: null, summary: 'float32 throughout' };
  const decision = decideAmpMode(policy.dtype, policy.mode);
  return { asked, decision, summary: formatAmpDecision(decision) };
}

function describeInt8(): PrecisionRecord {
  const unit = int8Unit();
  const products =
    unit === null
      ? 'rounded to int8 and multiplied as floats, because the fused ops of @fin/kernels are not in use'
      : `products by ${unit}`;
  const decision = hasNativeOps() ? describePrecision('bf16').decision : null;
  const rest = decision === null ? 'float32' : formatAmpDecision(decision);
  return {
    asked: 'int8',
    decision,
    summary: `dynamic quantization of linear layers, ${products}; the rest ${rest}`,
  };
}
