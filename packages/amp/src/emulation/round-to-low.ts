import { fromFloat32, toFloat32 } from '@fin/files/safetensors';
import type { LowDType } from '../core/low-dtype.js';

const SPELLING = { bfloat16: 'BF16', float16: 'F16' } as const;

/** Rounds values to a low dtype and back: to the nearest, ties to even; values that are too large become infinite. */
export function roundToLow(values: Float32Array, dtype: LowDType): Float32Array {
  const data = fromFloat32(values, SPELLING[dtype]);
  return toFloat32({ name: '', dtype: SPELLING[dtype], shape: [values.length], data });
}
