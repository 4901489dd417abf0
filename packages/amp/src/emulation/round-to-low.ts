import { fromFloat32, toFloat32 } from '@fin/files/safetensors';
import type { LowDType } from '../policy/low-dtype.js';

const SPELLING = { bfloat16: 'BF16', float16: 'F16' } as const;

/** The values after a round trip through a low dtype: to the nearest, ties to even; what is too large becomes infinite. */
export function roundToLow(values: Float32Array, dtype: LowDType): Float32Array {
  const data = fromFloat32(values, SPELLING[dtype]);
  return toFloat32({ name: '', dtype: SPELLING[dtype], shape: [values.length], data });
}
