import type { Attr, NativeDType } from '@fin/runtime';
import { attr, dtypeName, dtypeNumber } from '@fin/runtime';
import type { LowDType } from '../policy/low-dtype.js';
import { isCastable, isLow } from '../policy/low-dtype.js';

const TYPE = attr.type('float32').type;

/** The low dtype that a call names itself, or null. */
export function namedLowDType(attrs: readonly Attr[]): LowDType | null {
  for (const { type, value } of attrs) {
    if (type !== TYPE || typeof value !== 'number') continue;
    const dtype = dtypeName(value);
    if (isLow(dtype)) return dtype;
  }
  return null;
}

/** The attributes with another floating dtype in place of float32, bfloat16 and float16. */
export function withFloatDType(attrs: readonly Attr[], dtype: NativeDType): readonly Attr[] {
  const number = dtypeNumber(dtype);
  return attrs.map((one) =>
    one.type === TYPE && typeof one.value === 'number' && isCastable(dtypeName(one.value))
      ? { ...one, value: number }
      : one,
  );
}
