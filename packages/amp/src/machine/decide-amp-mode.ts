import { env } from 'node:process';
import { hasNativeOps } from '@fin/runtime';
import { runInScope } from '../core/current-scope.js';
import type { LowDType } from '../core/low-dtype.js';
import type { AmpMode } from '../core/policy.js';
import { NATIVE_MODES } from '../core/policy.js';
import { AmpInputError } from '../errors.js';
import { machineFacts } from './machine-facts.js';
import { measureProducts, readMeasurement, writeMeasurement } from './measurement.js';

/**
 * Minimum speed of a low product, relative to float32, for mode `low`. With composed ops, mode `low` adds casts, so the product
 * must be faster to make up for them. Fused ops read low tensors without casts; there mode `wide` needs the casts, which cost an
 * eighth of a step.
 */
const WORTH_COMPUTING_LOW = { composed: 1.25, fused: 0.8 };

/** A mode and how it was chosen. */
export interface AmpDecision {
  readonly dtype: LowDType;
  readonly mode: AmpMode;
  /** Reason for the choice: the caller's option, FIN_AMP_MODE, the backend, a measurement just now, or an earlier one on this machine. */
  readonly source: 'option' | 'environment' | 'backend' | 'probe' | 'cache';
  /** Speed of a low product relative to float32; null if nothing was measured, 0 if there is no low kernel. */
  readonly speedup: number | null;
}

/** Measurements of this process by machine and dtype. */
const probed = new Map<string, AmpDecision>();

/**
 * Chooses the mode of autocast for this machine and backend. The first call for a dtype times two matrix products (a tenth of a second)
 * unless the cache folder holds a result for the same machine.
 *
 * @param asked the policy's own setting; `low` and `wide` override everything but the backend
 * @throws AmpInputError on an invalid FIN_AMP_MODE
 */
export function decideAmpMode(dtype: LowDType, asked: 'auto' | 'low' | 'wide' = 'auto'): AmpDecision {
  if (!hasNativeOps()) return { dtype, mode: 'emulated', source: 'backend', speedup: null };
  if (asked !== 'auto') return { dtype, mode: asked, source: 'option', speedup: null };
  const set = modeOfEnvironment();
  if (set !== 'auto') return { dtype, mode: set, source: 'environment', speedup: null };
  const facts = machineFacts();
  const key = JSON.stringify([facts, dtype]);
  const known = probed.get(key);
  if (known) return known;
  const cached = readMeasurement(facts, dtype);
  const measured = cached ?? runInScope(null, () => measureProducts(dtype, facts.gpu));
  if (!cached) writeMeasurement(facts, dtype, measured);
  const enough = WORTH_COMPUTING_LOW[facts.fusedProducts && dtype === 'bfloat16' ? 'fused' : 'composed'];
  const mode = measured.speedup >= enough ? 'low' : 'wide';
  probed.set(key, { dtype, mode, source: 'cache', speedup: measured.speedup });
  return { dtype, mode, source: cached ? 'cache' : 'probe', speedup: measured.speedup };
}

function modeOfEnvironment(): 'auto' | 'low' | 'wide' {
  const value = env.FIN_AMP_MODE || 'auto';
  const choice = (['auto', ...NATIVE_MODES] as const).find((mode) => mode === value);
  if (choice) return choice;
  throw new AmpInputError(`FIN_AMP_MODE is "${value}"; it must be one of auto, ${NATIVE_MODES.join(', ')}.`);
}

const MEANING = {
  low: 'computed and stored low',
  wide: 'stored low, computed in float32',
  emulated: 'rounding emulated, no gain in speed or memory',
} as const;

const SOURCE = {
  option: 'asked for',
  environment: 'FIN_AMP_MODE',
  backend: 'the backend has no low dtypes',
  probe: 'measured just now',
  cache: 'measured on this machine before',
} as const;

/** A decision in one line, such as `bfloat16: stored low, computed in float32 (a low product runs at 0.31 times the speed; measured just now)`. */
export function formatAmpDecision({ dtype, mode, source, speedup }: AmpDecision): string {
  const measured =
    speedup === null
      ? ''
      : speedup === 0
        ? 'TensorFlow has no such product here; '
        : `a low product runs at ${speedup.toFixed(2)} times the speed; `;
  return `${dtype}: ${MEANING[mode]} (${measured}${SOURCE[source]})`;
}
