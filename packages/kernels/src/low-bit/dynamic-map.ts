const f = Math.fround;

/** Numbers that a code of 8 bits can stand for. */
export const CODES = 256;

/** Decades of the map, the largest up to 1. */
const DECADES = 7;

/**
 * The numbers of dynamic 8-bit quantization, ascending: 0, 1, and in each decade below 1 twice as many as in the next lower one, evenly
 * spaced. The signed map has the same numbers with a minus sign, but -1, and half as many in each decade. bitsandbytes calls it
 * `create_dynamic_map`.
 *
 * @returns float32 [256]
 * @see Dettmers 2016, arXiv 1511.04561; Dettmers et al. 2022, arXiv 2110.02861
 */
export function dynamicMap(signed: boolean): Float32Array {
  const numbers = [0, 1];
  for (let decade = 0; decade < DECADES; decade++) {
    const items = 2 ** (signed ? decade : decade + 1);
    const scale = f(10 ** (decade - DECADES + 1));
    const bounds = linspace(0.1, 1, items + 1);
    for (let i = 0; i < items; i++) {
      const middle = f(f(f(bounds[i] + bounds[i + 1]) / 2) * scale);
      numbers.push(...(signed ? [middle, -middle] : [middle]));
    }
  }
  return Float32Array.from(numbers).sort();
}

/** `torch.linspace` in float32, which counts from the nearer end and rounds once. */
function linspace(start: number, end: number, count: number): number[] {
  const step = f((f(end) - f(start)) / (count - 1));
  return Array.from({ length: count }, (_, i) =>
    f(i < count >> 1 ? f(start) + step * i : f(end) - step * (count - i - 1)),
  );
}
