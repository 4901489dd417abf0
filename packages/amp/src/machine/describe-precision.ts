import type { Precision } from '../core/policy.js';
import { precisionPolicy } from '../core/policy.js';
import type { AmpDecision } from './decide-amp-mode.js';
import { decideAmpMode, formatAmpDecision } from './decide-amp-mode.js';

/** The precision of a run, for its record. */
export interface PrecisionRecord {
  /** The requested precision. */
  readonly asked: Precision;
  /** The mode on this machine and how it was chosen; null for fp32. */
  readonly decision: AmpDecision | null;
  /** The decision in words. */
  readonly summary: string;
}

/** Describes how this machine and backend compute in a precision. TensorFlow must be loaded; the first call may time two matrix products. */
export function describePrecision(asked: Precision): PrecisionRecord {
  const policy = precisionPolicy(asked);
  if (!policy.enabled) return { asked, decision: null, summary: 'float32 throughout' };
  const decision = decideAmpMode(policy.dtype, policy.mode);
  return { asked, decision, summary: formatAmpDecision(decision) };
}
