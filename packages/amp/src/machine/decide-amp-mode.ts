import { env } from 'node:process';
import { hasNativeOps } from '@fin/runtime';
import { runInScope } from '../autocast/current-scope.js';
import { AmpInputError } from '../errors.js';
import type { LowDType } from '../policy/low-dtype.js';
import type { AmpMode } from './amp-mode.js';
import { AMP_MODES } from './amp-mode.js';
import { machineFacts } from './machine-facts.js';
import { measureProducts } from './measure-products.js';
import { readMeasurement, writeMeasurement } from './measurement-cache.js';

/**
 * How many times as fast as in float32 a product must be in the low dtype for computing low to pay: what is left has to cover
 * the casts, and a step must not get slower on a machine that is on the edge. Where the products are fused, so are the other ops
 * that count, and take low tensors as they are; then it is wide mode that has the casts, an eighth of a step.
 */
const WORTH_COMPUTING_LOW = { composed: 1.25, fused: 0.8 };

/** How a mode came about. */
export interface AmpDecision {
  readonly dtype: LowDType;
  readonly mode: AmpMode;
  /** What decided: the caller's option, FIN_AMP_MODE, the backend, a probe just now, or one of this machine earlier. */
  readonly source: 'option' | 'environment' | 'backend' | 'probe' | 'cache';
  /** Speed of a product in the low dtype relative to float32; null where nothing was measured, 0 where there is no such product. */
  readonly speedup: number | null;
}

/** Probes of this process by machine and dtype. */
const probed = new Map<string, AmpDecision>();

/**
 * In which mode autocast computes on this machine and backend. The first call for a dtype measures two matrix products (a tenth of
 * a second) unless a result for the same machine is in the cache folder.
 *
 * @param asked the policy's own setting, which goes before everything else
 * @throws AmpInputError when FIN_AMP_MODE is none of the choices
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
  const choice = (['auto', ...AMP_MODES] as const).find((mode) => mode === value);
  if (choice) return choice;
  throw new AmpInputError(`FIN_AMP_MODE is "${value}"; it must be one of auto, ${AMP_MODES.join(', ')}.`);
}
