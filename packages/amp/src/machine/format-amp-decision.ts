import type { AmpDecision } from './decide-amp-mode.js';

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

/** One line for `fin doctor` and run records, such as `bfloat16: stored low, computed in float32 (a low product runs at 0.31 times the speed; measured just now)`. */
export function formatAmpDecision({ dtype, mode, source, speedup }: AmpDecision): string {
  const measured =
    speedup === null
      ? ''
      : speedup === 0
        ? 'TensorFlow has no such product here; '
        : `a low product runs at ${speedup.toFixed(2)} times the speed; `;
  return `${dtype}: ${MEANING[mode]} (${measured}${SOURCE[source]})`;
}
