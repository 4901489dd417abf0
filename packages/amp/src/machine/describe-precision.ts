import type { Precision } from '../core/policy.js';
import { precisionPolicy } from '../core/policy.js';
import type { AmpDecision } from './decide-amp-mode.js';
import { decideAmpMode, formatAmpDecision } from './decide-amp-mode.js';

/** In what a run computes, for its record. */
export interface PrecisionRecord {
  /** What was asked for. */
  readonly asked: Precision;
  /** How this machine does it, and what decided; null for fp32. */
  readonly decision: AmpDecision | null;
  /** The same in words. */
  readonly summary: string;
}

/** What this machine and backend make of a precision. TensorFlow has to be loaded; the first time a probe may run. */
export function describePrecision(asked: Precision): PrecisionRecord {
  const policy = precisionPolicy(asked);
  if (!policy.enabled) return { asked, decision: null, summary: 'float32 throughout' };
  const decision = decideAmpMode(policy.dtype, policy.mode);
  return { asked, decision, summary: formatAmpDecision(decision) };
}
