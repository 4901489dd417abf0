/**
 * Bits of the float32 of the same value as each float16, by its bits; 256 KiB, made at the first use.
 *
 * Layouts: sign 1, exponent 5 (bias 15), mantissa 10 against sign 1, exponent 8 (bias 127), mantissa 23.
 */
let widened: Uint32Array | undefined;

/** Bits of the float32 equal to the float16 with these bits; a NaN keeps its payload. */
export function float16Table(): Uint32Array {
  if (widened === undefined) {
    widened = new Uint32Array(1 << 16);
    for (let half = 0; half < widened.length; half++) widened[half] = widenFloat16(half);
  }
  return widened;
}

function widenFloat16(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  const shift = Math.clz32(mantissa) - 21; // brings the leading one to the place of the implicit one
  return sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13);
}

/** Bits of the float16 nearest to the float32 with these bits, ties to even; too large becomes infinite, NaN quiet. */
export function roundToFloat16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // from 65520 on, halfway past the largest float16
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - 0x38000000, 13); // 2^-14, the smallest normal float16
  const shift = 126 - (magnitude >>> 23); // float32 to a multiple of 2^-24
  return shift > 24 ? sign : sign | roundShift((magnitude & 0x7fffff) | 0x800000, shift);
}

/** Bits of the bfloat16 nearest to the float32 with these bits, ties to even; NaN becomes quiet and keeps its top payload. */
export function roundToBfloat16(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

function roundShift(value: number, shift: number): number {
  const half = 2 ** (shift - 1);
  const rest = value & (2 * half - 1);
  const floor = value >>> shift;
  return rest > half || (rest === half && (floor & 1) === 1) ? floor + 1 : floor;
}
