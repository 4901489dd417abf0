import type { Attr, NativeDType } from '@fin/runtime';
import { AttrType, dtypeName, dtypeNumber } from '@fin/runtime';

/** A 16-bit floating-point dtype. */
export type LowDType = 'bfloat16' | 'float16';

/** Both low dtypes. */
export const LOW_DTYPES: readonly LowDType[] = ['bfloat16', 'float16'];

/** Whether a dtype takes two bytes per element. */
export function isLow(dtype: NativeDType): dtype is LowDType {
  return dtype === 'bfloat16' || dtype === 'float16';
}

/** Whether autocast casts tensors of this dtype. As in torch, float64 is left alone. */
export function isCastable(dtype: NativeDType): dtype is LowDType | 'float32' {
  return dtype === 'float32' || isLow(dtype);
}

/** The low dtype that an op call names in its attributes, or null. */
export function namedLowDType(attrs: readonly Attr[]): LowDType | null {
  for (const { type, value } of attrs) {
    if (type !== AttrType.type || typeof value !== 'number') continue;
    const dtype = dtypeName(value);
    if (isLow(dtype)) return dtype;
  }
  return null;
}

/** The attributes of an op call with every float32, bfloat16 and float16 replaced by another floating dtype. */
export function withFloatDType(attrs: readonly Attr[], dtype: NativeDType): readonly Attr[] {
  const number = dtypeNumber(dtype);
  return attrs.map((one) =>
    one.type === AttrType.type && typeof one.value === 'number' && isCastable(dtypeName(one.value))
      ? { ...one, value: number }
      : one,
  );
}
