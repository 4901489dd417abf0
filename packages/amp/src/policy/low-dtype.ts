import type { NativeDType } from '@fin/runtime';

/** A floating dtype of two bytes. */
export type LowDType = 'bfloat16' | 'float16';

/** Every one there is. */
export const LOW_DTYPES: readonly LowDType[] = ['bfloat16', 'float16'];

/** Whether a tensor of that dtype is stored in two bytes an element. */
export function isLow(dtype: NativeDType): dtype is LowDType {
  return dtype === 'bfloat16' || dtype === 'float16';
}

/** Whether autocast has a say in tensors of that dtype. As in torch, float64 is left alone. */
export function isCastable(dtype: NativeDType): dtype is LowDType | 'float32' {
  return dtype === 'float32' || isLow(dtype);
}
