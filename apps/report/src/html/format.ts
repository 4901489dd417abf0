const MINUS = '−';
/** Keeps a figure and its sign or unit on one line. */
const NO_BREAK = '\u00a0';

/** A number with a fixed count of decimals and grouped thousands, the same in every locale. */
export function fixed(value: number, digits: number): string {
  const [whole, fraction] = Math.abs(value).toFixed(digits).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/** A share as a percentage. */
export function percent(share: number, digits: number): string {
  return `${fixed(100 * share, digits)}${NO_BREAK}%`;
}

/** A p-value, without digits that mean nothing. */
export function pValue(p: number): string {
  if (p < 0.001) return `<${NO_BREAK}0.001`;
  return p < 0.1 ? p.toFixed(3) : p.toFixed(2);
}

/** "p = 0.45" or "p < 0.001". */
export function pEquals(p: number): string {
  return p < 0.001 ? `p${NO_BREAK}${pValue(p)}` : `p${NO_BREAK}=${NO_BREAK}${pValue(p)}`;
}

/** "47.1 to 57.1 %" */
export function percentRange([low, high]: readonly [number, number], digits: number): string {
  return `${fixed(100 * low, digits)} to ${fixed(100 * high, digits)}${NO_BREAK}%`;
}
